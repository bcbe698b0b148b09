"""Updates that a loop needs to bring the energy of its prediction to a given one, on one batch that is learned over and over."""
import dataclasses
import os
import time

import torch


@dataclasses.dataclass(frozen=True)
class FullBatch:
    share: float = 0.7  # of the first energy; deep nets of tanh, as PyTorch starts them, get hardly further than the targets' mean
    most: int = 1000  # updates
    look_every: int = 1
    rates: tuple = (1.0, 0.3, 0.1, 0.03, 0.01)
    seconds: float = 20  # for all rates


# Scripts are tried where there is no GPU; then a few updates do.
FULL_BATCH = FullBatch(most=50, seconds=3) if os.environ.get('PCK_GPU_STANDIN') else FullBatch()


def energy(loop):
    """Half the squared error of the prediction, the mean over the batch."""
    x = loop.inputs if hasattr(loop, 'inputs') else loop.x[0]
    layers = loop.parameters()
    for number, (weight, bias) in enumerate(layers):
        x = torch.addmm(bias, x, weight.t())
        if number < len(layers) - 1:
            x = x.tanh_()
    targets = loop.targets if hasattr(loop, 'targets') else loop.x[-1]
    return float((x - targets).square().sum()) / (2 * x.shape[0])


def step_of(loop, rule):
    """One update; the values of iPC start from the prediction and go on."""
    if rule == 'bp':
        return loop.bp
    loop.start(None)
    return lambda: loop.ipc('keep')


def quick(step, place):
    """The step as it was, or its CUDA graph."""
    if place != 'cuda':
        return step
    side = torch.cuda.Stream()
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):
        step()
    torch.cuda.current_stream().wait_stream(side)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        step()
    return graph.replay


def count(loop, rule, place, wanted, most, deadline):
    """Updates until the energy is at most what is wanted, counted in steps of look_every; None: it never is. And the last energy."""
    step, done, now = quick(step_of(loop, rule), place), 1 if place == 'cuda' else 0, float('nan')
    while done < most and time.monotonic() < deadline:
        for _ in range(FULL_BATCH.look_every):
            step()
        done += FULL_BATCH.look_every
        now = energy(loop)
        if now <= wanted:
            return done, now
        if not now < float('inf'):
            break
    return None, now


def updates(make, rule, place, deadline):
    """The least updates over the rates, that rate, and the energies before and after; None where no rate reaches it."""
    first = energy(make(FULL_BATCH.rates[0]))
    best = (None, None, (first, first))
    for rate in FULL_BATCH.rates:
        found, last = count(make(rate), rule, place, FULL_BATCH.share * first, best[0] or FULL_BATCH.most, deadline)
        if found is not None and (best[0] is None or found < best[0]):
            best = (found, rate, (first, last))
        elif best[0] is None and last < best[2][1]:
            best = (None, None, (first, last))
    return best
