"""vgg5.py PCK BENCH [--rounds N]: forward, backward and an SGD step of vgg5 on CIFAR-10's shapes, batch 32, f32: pck's BP beside PyTorch, in turn.

First the gradients are held against each other, then both are timed in processes of their own, round by round, and the peak memory of each process is read."""
import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

BATCH, RATE, BOUND, THREADS = 32, 0.001, 1e-5, 2


def build():
    import torch
    from torch import nn
    torch.manual_seed(0)
    layers, below = [], 3
    for number, channels in enumerate((128, 256, 512, 512), 1):
        layers += [(f'conv{number}', nn.Conv2d(below, channels, 3, padding=1 if number < 4 else 0)), (f'relu{number}', nn.ReLU()), (f'pool{number}', nn.MaxPool2d(2))]
        below = channels
    from collections import OrderedDict
    net = nn.Sequential(OrderedDict([*layers, ('flat', nn.Flatten()), ('y', nn.Linear(512, 10))]))
    return net, torch.rand(BATCH, 3, 32, 32), torch.eye(10)[torch.arange(BATCH) % 10]


def loss_of(net, inputs, targets):
    return 0.5 * ((targets - net(inputs)) ** 2).sum() / BATCH


def time_torch(seconds):
    """The child process: times batches and prints them in milliseconds."""
    import torch
    torch.set_num_threads(THREADS)
    net, inputs, targets = build()
    optimizer = torch.optim.SGD(net.parameters(), RATE)

    def step():
        optimizer.zero_grad(set_to_none=True)
        loss_of(net, inputs, targets).backward()
        optimizer.step()
    step()
    step()
    times, begin = [], time.perf_counter()
    while len(times) < 3 or time.perf_counter() - begin < seconds:
        start = time.perf_counter()
        step()
        times.append(1e3 * (time.perf_counter() - start))
    print(json.dumps(times))


def resident_peak(pid):
    """Peak resident memory in MiB of the program that a process runs; 0 once it has ended."""
    with open(f'/proc/{pid}/status') as status:
        return max((int(line.split()[1]) / 1024 for line in status if line.startswith('VmHWM:')), default=0)


def run(command):
    """Standard output of a child and its peak resident memory in MiB. It is asked for while the child runs: what wait4 tells counts this process too, from which the child was forked."""
    with tempfile.TemporaryFile() as out:
        child = subprocess.Popen(command, stdout=out, stderr=subprocess.DEVNULL)
        peak = 0
        while child.poll() is None:
            peak = max(peak, resident_peak(child.pid))
            time.sleep(0.02)
        if child.returncode:
            raise SystemExit(f'vgg5.py: {" ".join(command)} failed')
        out.seek(0)
        return out.read().decode(), peak


def check(pck):
    from tensors import load, save
    import numpy
    net, inputs, targets = build()
    loss_of(net, inputs, targets).backward()
    with tempfile.TemporaryDirectory() as folder:
        path = lambda name: os.path.join(folder, name)
        save(path('p'), {name: p.detach().numpy() for name, p in net.named_parameters()})
        save(path('b'), {'image': inputs.numpy(), 'y': targets.numpy()})
        subprocess.run([pck, 'step', '--model', 'vgg5', '--parameters', path('p'), '--batch', path('b'), '--rule', 'bp', '--optimizer', 'sgd', '--lr', str(RATE),
                        '--dtype', 'f32', '--out', path('o')], check=True, stdout=subprocess.DEVNULL)
        out = load(path('o'))
    flat = lambda tensors: numpy.concatenate([numpy.asarray(t, 'f8').ravel() for t in tensors])
    names = [name for name, _ in net.named_parameters()]
    theirs, ours = flat(p.grad.numpy() for p in net.parameters()), flat(out[f'grad/{name}'] for name in names)
    return float(numpy.linalg.norm(ours - theirs) / numpy.linalg.norm(theirs))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('pck')
    parser.add_argument('bench', help='PcKernels.Bench.dll')
    parser.add_argument('--rounds', type=int, default=4)
    parser.add_argument('--seconds', type=float, default=2.0, help='of each side in each round')
    options = parser.parse_args()
    import torch
    print(f'PyTorch {torch.__version__}, {torch.backends.mkldnn.is_available() and "with" or "without"} oneDNN; vgg5 on 3x32x32, batch {BATCH}, f32, BP with an SGD step, {THREADS} threads')
    far = check(options.pck)
    print(f'gradients in f32: relative distance {far:.1e}, wanted at most {BOUND:.0e}')
    if far > BOUND:
        raise SystemExit('vgg5.py: the results differ, nothing is timed')
    theirs, ours, their_peak, our_peak = [], [], 0, 0
    for _ in range(options.rounds):
        text, peak = run([sys.executable, __file__, '--time', str(options.seconds)])
        theirs, their_peak = theirs + json.loads(text), max(their_peak, peak)
        text, peak = run(['dotnet', options.bench, 'batch', f'vgg5@{BATCH}', 'bp', str(options.seconds)])
        ours, our_peak = ours + json.loads(text), max(our_peak, peak)
    their_ms, our_ms = statistics.median(theirs), statistics.median(ours)
    print(f'{"":<10}{"median ms":>10}{"least ms":>10}{"peak MiB":>10}')
    print(f'{"PyTorch":<10}{their_ms:>10.1f}{min(theirs):>10.1f}{their_peak:>10.0f}')
    print(f'{"pck":<10}{our_ms:>10.1f}{min(ours):>10.1f}{our_peak:>10.0f}')
    print(f'speed of pck over PyTorch\'s {their_ms / our_ms:.2f} (wanted at least 0.70), of minima {min(theirs) / min(ours):.2f}; '
          f'peak memory of pck over PyTorch\'s {our_peak / their_peak:.2f} (wanted at most 1; whole processes)')


if __name__ == '__main__':
    if sys.argv[1] == '--time':
        time_torch(float(sys.argv[2]))
    else:
        main()
