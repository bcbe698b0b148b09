"""compare.py PCK: times the loops of lean.py and pck in turn on the same nets, batches and seeds; prints every time, then the ratios."""
import argparse
import ctypes
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

import torch

from agreement import check
from lean import Lean, Stacked
from nets import DESCRIPTIONS, GAMMA, NETS, RATE, STEPS

THREADS = (1, 2)
WARM_UP_SECONDS, SWITCH_SECONDS, LEAST_BATCHES = 0.02, 0.2, 5
CASES = [('bp', 'feedforward'), ('pc', 'feedforward'), ('ipc', 'feedforward'), ('pc', 'random'), ('ipc', 'random')]

# What the ratio of a case should be: net, rule, start, whether ours runs plain, which loops are the opponent, at least.
WANTED = [
    *((net, 'bp', 'feedforward', False, ('lean',), 2) for net in 'ab'),
    ('a', 'pc', 'feedforward', False, ('lean',), 3.5), ('a', 'ipc', 'feedforward', False, ('lean',), 6),
    ('b', 'pc', 'feedforward', False, ('lean',), 4.5), ('b', 'ipc', 'feedforward', False, ('lean',), 5.5),
    ('c32', 'pc', 'feedforward', False, ('lean',), 12), ('c32', 'ipc', 'feedforward', False, ('lean',), 12),
    *((net, rule, 'random', False, ('lean', 'stacked'), 2.5) for net in ('b', 'c32') for rule in ('pc', 'ipc')),
    *((net, rule, 'feedforward', True, ('lean',), 2) for net in 'ab' for rule in ('pc', 'ipc')),
    ('c32', 'bp', 'feedforward', False, ('lean',), None),
    *(('a', rule, 'random', False, ('lean',), None) for rule in ('pc', 'ipc')),
    *(('c32', rule, 'feedforward', False, ('lean', 'stacked'), None) for rule in ('pc', 'ipc')),
    *(('c32', rule, 'feedforward', True, ('lean', 'stacked'), None) for rule in ('pc', 'ipc')),
]


class Times:
    """Medians and minima of the slices of one thing: the median of the medians and the least of the minima count."""

    def __init__(self):
        self.medians, self.minima = [], []

    def add(self, median, least):
        self.medians.append(median)
        self.minima.append(least)

    @property
    def median(self):
        return statistics.median(self.medians)

    @property
    def least(self):
        return min(self.minima)


def kinds(net, rule):
    return {'lean': Lean, **({'stacked': Stacked} if net.has_equal_layers and rule != 'bp' else {})}


def loops(net):
    tensors = [(torch.from_numpy(w.copy()), torch.from_numpy(b.copy())) for w, b in net.parameters]
    inputs, targets = torch.from_numpy(net.inputs.copy()), torch.from_numpy(net.targets.copy())
    for rule, start in CASES:
        for kind, make in kinds(net, rule).items():
            loop = make(tensors, inputs, targets, STEPS, GAMMA, RATE)
            given = 'random' if start == 'random' else None
            yield (kind, rule, start), (loop.bp if rule == 'bp' else lambda run=getattr(loop, rule), given=given: run(given))


def repeat(run, seconds):
    begin = time.perf_counter()
    while time.perf_counter() - begin < seconds:
        run()


def slice_of(run, seconds):
    repeat(run, WARM_UP_SECONDS)
    times, begin = [], time.perf_counter()
    while len(times) < LEAST_BATCHES or time.perf_counter() - begin < seconds:
        start = time.perf_counter()
        run()
        times.append(1e3 * (time.perf_counter() - start))
    return statistics.median(times), min(times)


def time_theirs(net, running, seconds, times):
    blas = ctypes.CDLL('libopenblas.so.0')
    for threads in THREADS:
        torch.set_num_threads(threads)
        blas.openblas_set_num_threads(threads)
        # Pools of another size find their threads and places first.
        repeat(running[0][1], SWITCH_SECONDS)
        for key, run in running:
            times.setdefault((net.name, *key, threads), Times()).add(*slice_of(run, seconds))
    # Idle threads of OpenMP and OpenBLAS spin a while before they sleep, and would slow whoever comes next.
    torch.set_num_threads(1)
    blas.openblas_set_num_threads(1)
    time.sleep(0.3)


def time_ours(pck, net, folder, seconds, times):
    common = ['--model', net.path(folder, 'json'), '--parameters', net.path(folder, 'safetensors'), '--batch', str(net.batch), '--steps', str(STEPS), '--gamma', str(GAMMA),
              '--optimizer', 'sgd', '--lr', str(RATE), '--threads', ','.join(map(str, THREADS)), '--rounds', '1', '--seconds', str(seconds), '--json']
    for case in (['--rules', 'bp,pc,ipc', '--start', 'feedforward,random'], ['--rules', 'pc,ipc', '--plain']):
        done = subprocess.run([pck, 'bench', *common, *case], check=True, stdout=subprocess.PIPE)
        for r in json.loads(done.stdout)['results']:
            kind = 'plain' if r['plain'] else 'pck'
            times.setdefault((net.name, kind, r['rule'], r.get('start', 'feedforward'), r['threads']), Times()).add(r['ms']['median'], r['ms']['min'])


def best(times, net, names, rule, start, measure):
    """Over kinds and threads: the time, and whose it is."""
    return min((getattr(times[net, kind, rule, start, threads], measure), f'{kind} {threads}')
               for kind in names for threads in THREADS if (net, kind, rule, start, threads) in times)


def print_times(times):
    print('\nmilliseconds for one batch, median (least); lean and stacked are PyTorch, pck and plain (--plain) are ours; 1 and 2 threads\n')
    print(f'{"net":<28}{"rule":<5}{"start":<13}' + ''.join(f'{f"{kind} {threads}":>17}' for kind in ('lean', 'stacked', 'pck', 'plain') for threads in THREADS))
    for net in NETS:
        for rule, start in CASES:
            cells = [times.get((net.name, kind, rule, start, threads)) for kind in ('lean', 'stacked', 'pck', 'plain') for threads in THREADS]
            print(f'{DESCRIPTIONS[net.name]:<28}{rule:<5}{"" if rule == "bp" else start:<13}' + ''.join(f'{f"{c.median:.3f} ({c.least:.3f})" if c else "":>17}' for c in cells))


def print_ratios(times):
    print('\nthe best of theirs over kinds and threads, by the best of ours over threads\n')
    print(f'{"net":<5}{"rule":<5}{"start":<13}{"ours":<7}{"against":<15}{"theirs ms":>11} {"":<10}{"ours ms":>9} {"":<8}{"ratio":>8}{"of minima":>11}{"wanted":>8}')
    held = total = 0
    for net, rule, start, plain, against, wanted in WANTED:
        mine = ('plain',) if plain else ('pck',)
        (their_ms, who), (our_ms, how) = best(times, net, against, rule, start, 'median'), best(times, net, mine, rule, start, 'median')
        least = best(times, net, against, rule, start, 'least')[0] / best(times, net, mine, rule, start, 'least')[0]
        ratio = their_ms / our_ms
        mark = '' if wanted is None else f'{wanted:>7}x {"yes" if ratio >= wanted else "NO"}'
        total += wanted is not None
        held += wanted is not None and ratio >= wanted
        print(f'{net:<5}{rule:<5}{"" if rule == "bp" else start:<13}{mine[0]:<7}{" or ".join(against):<15}{their_ms:>11.3f} {who:<10}{our_ms:>9.3f} {how.split()[1] + " thr":<8}{ratio:>7.2f}x{least:>10.2f}x{mark}')
    print(f'\n{held} of {total} wanted ratios held')


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('pck')
    parser.add_argument('--rounds', type=int, default=6)
    parser.add_argument('--seconds', type=float, default=0.12, help='of each thing in each round')
    parser.add_argument('--nets', default=','.join(n.name for n in NETS))
    options = parser.parse_args()
    torch.set_grad_enabled(False)
    torch.manual_seed(0)
    nets = [n for n in NETS if n.name in options.nets.split(',')]
    if len(nets) != len(NETS):
        WANTED[:] = [w for w in WANTED if w[0] in options.nets.split(',')]
        NETS[:] = nets
    print(f'PyTorch {torch.__version__} with OpenBLAS; tanh, f32, T = {STEPS}, gamma {GAMMA}, SGD {RATE}; {options.rounds} rounds of {options.seconds} s, theirs and ours in turn')
    times = {}
    with tempfile.TemporaryDirectory() as folder:
        print('\ndistance to pck step (moves and values in f64, parameters and values in f32), each at most 1e-5')
        for net in nets:
            net.write(folder)
            for rule, start in CASES:
                far = check(options.pck, net, folder, kinds(net, rule), rule, start)
                print(f'{DESCRIPTIONS[net.name]:<28}{rule:<5}{"" if rule == "bp" else start:<13}' + '  '.join(f'{kind} {value:.1e}' for kind, value in far.items()))
        running = {net.name: list(loops(net)) for net in nets}
        for number in range(options.rounds):
            print(f'round {number + 1} of {options.rounds}', file=sys.stderr, flush=True)
            for net in nets:
                time_theirs(net, running[net.name], options.seconds, times)
                time_ours(options.pck, net, folder, options.seconds, times)
    print_times(times)
    print_ratios(times)


if __name__ == '__main__':
    main()
