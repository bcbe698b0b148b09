"""bigram.py TEXT: bits per character of a bigram model on the last 5 % of a text's windows of 32, its counts (plus one) from the first 90 %: the parts that pck train uses."""
import collections
import math
import sys

WINDOW = 32

text = open(sys.argv[1], encoding='utf-8', newline='').read()
windows = (len(text) - 1) // WINDOW
held = windows // 20
train, test = (windows - 2 * held) * WINDOW, (windows - held) * WINDOW
pairs, firsts = collections.Counter(zip(text[:train], text[1:train + 1])), collections.Counter(text[:train])
size = len(set(text))
bits = [-math.log2((pairs[a, b] + 1) / (firsts[a] + size)) for a, b in zip(text[test:windows * WINDOW], text[test + 1:windows * WINDOW + 1])]
print(f'bigram model, {size} characters: {sum(bits) / len(bits):.4f} bits per character on {len(bits)} test characters')
