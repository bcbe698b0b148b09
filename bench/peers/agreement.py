"""Holds the loops against `pck step`, before anything is timed."""
import os
import subprocess

import numpy
import torch

from nets import GAMMA, RATE, STEPS
from tensors import load

BOUND = 1e-5


def distance(found, wanted):
    a, b = (numpy.concatenate([numpy.asarray(t, dtype='f8').ravel() for t in tensors]) for tensors in (found, wanted))
    return float(numpy.linalg.norm(a - b) / numpy.linalg.norm(b))


def ours(pck, net, folder, rule, start, dtype):
    out = os.path.join(folder, 'out.safetensors')
    command = [pck, 'step', '--model', net.path(folder, 'json'), '--parameters', net.path(folder, 'safetensors'), '--batch', net.path(folder, start), '--out', out,
               '--rule', rule, '--optimizer', 'sgd', '--lr', str(RATE), '--dtype', dtype, *(['--steps', str(STEPS), '--gamma', str(GAMMA)] if rule != 'bp' else [])]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return load(out)


def theirs(make, net, rule, start, dtype):
    tensor = lambda array: torch.from_numpy(array.copy()).to(dtype)
    loop = make([(tensor(w), tensor(b)) for w, b in net.parameters], tensor(net.inputs), tensor(net.targets), STEPS, GAMMA, RATE)
    if rule == 'bp':
        loop.bp()
    else:
        getattr(loop, rule)([tensor(v) for v in net.starts] if start == 'random' else None)
    return loop


def check(pck, net, folder, kinds, rule, start):
    """The worst distance of moves and values in f64 and of parameters and values in f32, of each kind of loop to pck."""
    worst = {}
    for dtype, torch_type in (('f64', torch.float64), ('f32', torch.float32)):
        result = ours(pck, net, folder, rule, start, dtype)
        moved = [result[f'{name}.{part}'] for name in net.names() for part in ('weight', 'bias')]
        before = [t.astype('f8') for pair in net.parameters for t in pair]
        values = [result[f'value/{name}'] for name in net.names()[:-1]] if rule != 'bp' else []
        for kind, make in kinds.items():
            loop = theirs(make, net, rule, start, torch_type)
            parameters = [t.numpy() for pair in loop.parameters() for t in pair]
            far = distance(parameters, moved)
            if dtype == 'f64':
                far = max(far, distance([p - b for p, b in zip(parameters, before)], [m - b for m, b in zip(moved, before)]))
            if values:
                far = max(far, distance([v.numpy() for v in loop.hidden()], values))
            worst[kind] = max(worst.get(kind, 0), far)
    for kind, far in worst.items():
        if not far <= BOUND:
            raise SystemExit(f'bench/peers: net {net.name}, {rule}, start {start}: the {kind} loop is {far:.1e} from pck, more than {BOUND}; nothing is timed')
    return worst
