"""plan.py: the figures of a plan's JSON (standard input) in a few lines."""
import json
import sys

plan = json.load(sys.stdin)
identities = sum(edge['count'] for edge in plan['identities'])
levels = max(plan['levels'].values()) + 1
print(f"vertices {len(plan['levels'])}, levels {levels}, identities {identities}, waves {plan['waves']}, batch {plan['batch']}")
for count in ('mm_per_update', 'smm_per_update'):
    print(f"{count.split('_')[0].upper()} counted {plan[count]['counted']}, published {plan[count]['published']}, with gradients {plan[count]['with_gradients']}")
print(f"FLOP {plan['flop']:,}, bytes moved {plan['bytes']:,}, peak bytes {plan['arena_bytes']:,} of {plan['buffer_bytes']:,} in all buffers")
