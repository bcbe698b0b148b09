"""compare.py [--headline] --pck PCK --work FOLDER --seconds S: pck on the GPU beside PyTorch on the nets of GPU.md, the same arithmetic on both sides.

Opponents: BP by autograd and plain SGD; BP by hand without autograd (bench/peers/lean.py); iPC with its layers of equal shape stacked by hand
(three batched products a step). Each eager, as a CUDA graph, and compiled by torch.compile inside a CUDA graph. iPC starts from random values, so that
every error is alive. Loops are held against `pck step` first. A case that fails, or does not fit into the time left, is told; the others go on.
Microseconds are of one update of BP, and of one step (all values and all weights move) of iPC. Beside them stands the time to an energy: how many
updates a rule needs is counted with PyTorch's loop, and each side's microseconds are multiplied by it (reach.py).
--headline: the first two nets in f32 alone."""
import argparse
import json
import os
import statistics
import subprocess
import sys
import time

import torch

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'peers'))
from agreement import distance  # noqa: E402
from lean import Lean, Stacked  # noqa: E402
from nets import GAMMA, RATE, Net  # noqa: E402
from reach import FULL_BATCH, updates  # noqa: E402
from tensors import load  # noqa: E402

STANDIN = os.environ.get('PCK_GPU_STANDIN', '') != ''
PLACE = 'cpu' if STANDIN else 'cuda'
# name, widths, batch, steps of iPC that are timed at once, what GPU.md aims for: iPC's step over BP's update by (fp32, tf32), over the stacked loop
NETS = [('L64 D256 B32', [256] * 65, 32, 32, (18, 35), 4), ('L4 D256 B32', [256] * 5, 32, 32, None, None), ('L64 D256 B8', [256] * 65, 8, 32, (50, None), 4),
        ('L16 D256 B8', [256] * 17, 8, 32, (12, None), 4), ('L32 D1024 B32', [1024] * 33, 32, 16, (None, 2), None), ('L8 D4096 B4096', [4096] * 9, 4096, 2, (None, 0.9), None)]
if STANDIN:
    NETS = [('L3 D16 B4', [16] * 4, 4, 2, (18, 35), 4), ('L2 D16 B4', [16] * 3, 4, 2, None, None)]
# Beyond this many parameters a run of pck takes longer to check than to time: the execution is its own choice.
LARGE = 1 << 26
REPETITIONS = 2 if STANDIN else 50
WARM_UP_SECONDS = 0 if STANDIN else 0.3
BOUND = {'f32': 2e-3, 'tf32': 2e-2, 'bf16': 2e-1}


class Autograd:
    """BP as a user writes it: modules, autograd, torch.optim.SGD."""

    def __init__(self, parameters, inputs, targets, steps, gamma, rate):
        layers = []
        for weight, bias in parameters:
            layer = torch.nn.Linear(weight.shape[1], weight.shape[0], device=inputs.device)
            layer.weight.data.copy_(weight)
            layer.bias.data.copy_(bias)
            layers += [layer, torch.nn.Tanh()]
        self.model = torch.nn.Sequential(*layers[:-1])
        self.optimizer = torch.optim.SGD(self.model.parameters(), lr=rate)
        self.inputs, self.targets = inputs, targets

    def bp(self):
        with torch.enable_grad():
            self.optimizer.zero_grad(set_to_none=False)
            loss = (self.model(self.inputs) - self.targets).square().sum() / (2 * self.inputs.shape[0])
            loss.backward()
        self.optimizer.step()

    def parameters(self):
        layers = [layer for layer in self.model if isinstance(layer, torch.nn.Linear)]
        return [(layer.weight.data, layer.bias.data) for layer in layers]


def set_math(math):
    if math == 'tf32':
        torch.backends.cuda.matmul.allow_tf32 = True
    else:
        torch.backends.cuda.matmul.allow_tf32 = False


def synchronise():
    if PLACE == 'cuda':
        torch.cuda.synchronize()


def timed(run):
    """Microseconds of one call: median and least. Calls before it are not counted: an idle GPU's clock takes a while to rise."""
    begin = time.perf_counter()
    for number in range(1000):
        run()
        synchronise()
        if number >= 2 and time.perf_counter() - begin > WARM_UP_SECONDS:
            break
    times = []
    for _ in range(REPETITIONS):
        if PLACE == 'cuda':
            begin, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
            begin.record()
            run()
            end.record()
            end.synchronize()
            times.append(1e3 * begin.elapsed_time(end))
        else:
            start = time.perf_counter()
            run()
            times.append(1e6 * (time.perf_counter() - start))
    return statistics.median(times), min(times)


def captured(run):
    """The call as a CUDA graph, and the kernels that it holds."""
    side = torch.cuda.Stream()
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):
        for _ in range(3):
            run()
    torch.cuda.current_stream().wait_stream(side)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        run()
    return graph.replay


def kernels(run, calls):
    """How many kernels one call of the run has, in words; nothing where the profiler does not work: the times stand without it."""
    if PLACE != 'cuda':
        return ''
    try:
        from torch.profiler import ProfilerActivity, profile
        with profile(activities=[ProfilerActivity.CUDA]) as profiler:
            run()
            synchronise()
        count = sum(1 for event in profiler.events() if 'CUDA' in str(event.device_type) and 'Memcpy' not in event.name and 'Memset' not in event.name)
        return f'{count / calls:.0f} kernels' if count else ''
    except Exception as error:  # noqa: BLE001
        return f'kernels not counted: {" ".join(str(error).split())[:80]}'


def tensors(net):
    make = lambda array: torch.from_numpy(array.copy()).to(PLACE)
    return [(make(w), make(b)) for w, b in net.parameters], make(net.inputs), make(net.targets)


def loops(net, steps):
    """Name, rule, a fresh loop, and what one call of it is."""
    yield 'autograd', 'bp', lambda: Autograd(*tensors(net), steps, GAMMA, RATE), lambda loop: loop.bp, 1
    yield 'by hand', 'bp', lambda: Lean(*tensors(net), steps, GAMMA, RATE), lambda loop: loop.bp, 1
    yield 'stacked', 'ipc', lambda: Stacked(*tensors(net), steps, GAMMA, RATE), lambda loop: (lambda: loop.ipc('random')), steps


def ours_once(pck, work, net, rule, steps, math):
    out = os.path.join(work, 'once.safetensors')
    command = [pck, 'step', '--model', net.path(work, 'json'), '--parameters', net.path(work, 'safetensors'), '--batch', net.path(work, 'random' if rule == 'ipc' else 'feedforward'),
               '--rule', rule, *(['--steps', str(steps), '--gamma', str(GAMMA)] if rule == 'ipc' else []), '--optimizer', 'sgd', '--lr', str(RATE), '--device', 'cuda', '--math', math, '--out', out]
    done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, encoding='utf-8')
    if done.returncode != 0:
        raise RuntimeError(done.stderr.strip())
    result = load(out)
    return [result[f'{name}.{part}'] for name in net.names() for part in ('weight', 'bias')]


def held(pck, work, net, steps, kind, rule, make, math):
    """The distance of what both have moved the parameters by, after one batch."""
    loop = make()
    if rule == 'ipc':
        loop.ipc([torch.from_numpy(v.copy()).to(PLACE) for v in net.starts])
    else:
        loop.bp()
    before = [t.astype('f8') for pair in net.parameters for t in pair]
    theirs = [t.cpu().numpy().astype('f8') - b for (t, b) in zip((t for pair in loop.parameters() for t in pair), before)]
    ours = [t.astype('f8') - b for t, b in zip(ours_once(pck, work, net, rule, steps, math), before)]
    far = distance(ours, theirs)
    if not far <= BOUND[math]:
        raise RuntimeError(f'{kind}: moves are {far:.1e} apart, more than {BOUND[math]}; not timed')
    return far


def ours(pck, net_text, rule, steps, math, more):
    command = [pck, 'bench', '--device', 'cuda', '--nets', net_text, '--rules', rule, '--json', '--math', math, '--gamma', str(GAMMA), '--lr', str(RATE),
               '--seconds', '0.02' if STANDIN else '0.5', '--rounds', '1' if STANDIN else '5', *more]
    if rule == 'ipc':
        command += ['--start', 'random', '--steps', str(steps)]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding='utf-8', timeout=120)
    if done.returncode != 0:
        raise RuntimeError(done.stderr.strip())
    found = json.loads(done.stdout)
    scale = 1e3 / (steps if rule == 'ipc' else 1)
    return found['ms']['median'] * scale, found['ms']['min'] * scale, found


class Table:
    def __init__(self, deadline):
        self.deadline, self.times = deadline, {}

    def line(self, net, rule, math, kind, work):
        """One measurement, or why there is none."""
        if time.monotonic() > self.deadline:
            print(f'{net:<16}{rule:<5}{math:<6}{kind:<28} not measured: no time left', flush=True)
            return
        try:
            median, least, note = work()
            self.times[net, rule, math, kind] = median
            print(f'{net:<16}{rule:<5}{math:<6}{kind:<28}{median:>12.2f}{least:>12.2f}  {note}', flush=True)
        except Exception as error:  # noqa: BLE001: whatever a peer throws, the other lines are still wanted
            text = ' '.join(str(error).split())[:300] or type(error).__name__
            print(f'{net:<16}{rule:<5}{math:<6}{kind:<28} not measured: {text}', flush=True)

    def best(self, net, rule, math, ours_wanted):
        found = [(t, kind) for (n, r, m, kind), t in self.times.items() if (n, r, m) == (net, rule, math) and kind.startswith('pck') == ours_wanted]
        return min(found) if found else None


def peers(table, name, net, steps, math):
    for kind, rule, make, run_of, calls in loops(net, steps):
        set_math(math)

        def eager():
            run = run_of(make())
            median, least = timed(run)
            return median / calls, least / calls, kernels(run, calls)

        def graph():
            replay = captured(run_of(make()))
            median, least = timed(replay)
            return median / calls, least / calls, kernels(replay, calls)

        table.line(name, rule, math, f'{kind}, eager', eager)
        if PLACE == 'cuda':
            table.line(name, rule, math, f'{kind}, CUDA graph', graph)


def compilers(table):
    """torch.compile inside a CUDA graph, last and on few nets: what it compiles is unrolled and takes up to minutes."""
    for name, widths, batch, steps, _, _ in (case for case in NETS if case[0] in ('L64 D256 B32', 'L16 D256 B8')):
        net = Net(name.replace(' ', '-'), widths, batch)
        for kind, rule, make, run_of, calls in loops(net, steps):
            if kind == 'by hand' or (kind == 'autograd' and len(widths) > 17):
                continue

            def optimised():
                set_math('f32')
                median, least = timed(captured(torch.compile(run_of(make()), dynamic=False)))
                return median / calls, least / calls, ''

            table.line(name, rule, 'f32', f'{kind}, torch.compile', optimised)


def ours_wanted(case, math):
    """The ways of running a program to be timed; the resident kernel also as NVRTC makes it for the program."""
    if sum(above * below for below, above in zip(case[1], case[1][1:])) > LARGE:
        return ['auto']
    return ['resident', 'resident nvrtc', 'cooperative', 'waves'] if math in ('f32', 'tf32') else ['cooperative', 'waves']


def run_net(table, pck, work, case, maths):
    name, widths, batch, steps, _, _ = case
    net = Net(name.replace(' ', '-'), widths, batch)
    text = f'{widths[0]}-{len(widths) - 2}x{widths[1]}-{widths[-1]}@{batch}'
    for math in maths:
        for rule in ('ipc', 'bp'):
            if math != 'f32' and rule == 'bp' and name != NETS[0][0] and name != NETS[-1][0]:
                continue
            for execution in ours_wanted(case, math) if rule == 'ipc' else ['auto']:

                def mine():
                    way, *kernels = execution.split()
                    median, least, found = ours(pck, text, rule, steps, math, ['--execution', way, '--kernels', *(kernels or ['auto'])])
                    if way not in ('auto', found['execution']):
                        raise RuntimeError(f'not possible here, {found["execution"]} takes its place')
                    rate = found['flop'] / found['ms']['median'] / 1e9
                    peak = f', {found["share_of_peak"]:.0%} of the ordinary units\' peak' if math == 'f32' and 'share_of_peak' in found else ''
                    return median, least, f'{found["execution"]}, {rate:.1f} TFLOP/s{peak}'

                table.line(name, rule, math, f'pck {execution}', mine)
    if batch <= 64:
        net.write(work)
        for kind, rule, make, _, _ in loops(net, steps):
            try:
                set_math('f32')
                print(f'{name:<16}{rule:<5}f32   {kind}: moves are {held(pck, work, net, steps, kind, rule, make, "f32"):.1e} from those of pck step', flush=True)
            except Exception as error:  # noqa: BLE001
                print(f'{name:<16}{rule:<5}f32   {kind}: NOT HELD against pck step: {" ".join(str(error).split())[:300]}', flush=True)
    for math in maths[:2]:
        peers(table, name, net, steps, math)


def print_ratios(table):
    print('\nthe best of theirs over the best of ours, one step of iPC by one update of BP or one step of the stacked loop')
    for name, _, _, _, aims, stacked in NETS:
        for place, math in enumerate(('f32', 'tf32')):
            mine, bp, peer = table.best(name, 'ipc', math, True), table.best(name, 'bp', math, False), table.best(name, 'ipc', math, False)
            for what, theirs, aim in (('BP', bp, aims[place] if aims else None), ('stacked iPC', peer, stacked)):
                if mine and theirs:
                    wanted = '' if aim is None else f'   wanted {aim}x: {"yes" if theirs[0] / mine[0] >= aim else "NO"}'
                    print(f'{name:<16}{math:<6}{what:<12} {theirs[0]:>10.2f} us ({theirs[1]}) / {mine[0]:>10.2f} us ({mine[1]}) = {theirs[0] / mine[0]:>7.2f}x{wanted}')
    deep, shallow = (table.best(NETS[i][0], 'ipc', 'f32', True) for i in (0, 1))
    if deep and shallow:
        print(f'{NETS[0][0]} over {NETS[1][0]}: {deep[0] / shallow[0]:.2f} times as long a step   wanted at most 1.3: {"yes" if deep[0] / shallow[0] <= 1.3 else "NO"}')


def print_reach(table, cases):
    """Updates and time to an energy, full batch: one update of BP against one step of iPC, whose values go on from where they are."""
    print(f'\ntime to an energy, full batch: {FULL_BATCH.share:.0%} of what the prediction of the first weights has; each rule with the best of some rates')
    for name, widths, batch, _, _, _ in cases:
        if batch > 64:
            continue
        net = Net(name.replace(' ', '-'), widths, batch)
        for rule, make, loop in (('bp', Lean, 'by hand'), ('ipc', Stacked, 'stacked')):
            if time.monotonic() > table.deadline:
                print(f'{name:<16}{rule:<5}not counted: no time left', flush=True)
                continue
            try:
                count, rate, energies = updates(lambda rate: make(*tensors(net), 1, GAMMA, rate), rule, PLACE, min(table.deadline, time.monotonic() + FULL_BATCH.seconds))
                word = f'{energies[0]:.3f} -> {energies[1]:.3f}'
                if count is None:
                    print(f'{name:<16}{rule:<5}not reached in {FULL_BATCH.most} updates at any of {len(FULL_BATCH.rates)} rates: {word}', flush=True)
                    continue
                sides = [(who, table.best(name, rule, 'f32', mine)) for who, mine in (('pck', True), ('PyTorch', False))]
                text = ', '.join(f'{who} {count * found[0] / 1e3:.2f} ms ({found[1]})' for who, found in sides if found)
                print(f'{name:<16}{rule:<5}{count:>6} updates at rate {rate}, {word}: {text or "no times"}', flush=True)
            except Exception as error:  # noqa: BLE001
                print(f'{name:<16}{rule:<5}not counted: {" ".join(str(error).split())[:300]}', flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--pck', required=True)
    parser.add_argument('--work', required=True)
    parser.add_argument('--seconds', type=float, default=530)
    parser.add_argument('--headline', action='store_true')
    options = parser.parse_args()
    table = Table(time.monotonic() + options.seconds)
    torch.set_grad_enabled(False)
    torch.manual_seed(0)
    print(f'PyTorch {torch.__version__} on {torch.cuda.get_device_name(0) if PLACE == "cuda" else "the CPU"}; tanh, SGD {RATE}, gamma {GAMMA}; microseconds, median and least of {REPETITIONS}')
    print(f'{"net":<16}{"rule":<5}{"math":<6}{"what":<28}{"median us":>12}{"least us":>12}', flush=True)
    cases, maths = (NETS[:2], ['f32']) if options.headline else (NETS, ['f32', 'tf32', 'bf16'])
    for case in cases:
        run_net(table, options.pck, options.work, case, maths)
    print_ratios(table)
    print_reach(table, cases)
    if PLACE == 'cuda' and not options.headline:
        compilers(table)
        print_ratios(table)
    if not table.times:
        raise SystemExit('nothing could be measured')


if __name__ == '__main__':
    main()
