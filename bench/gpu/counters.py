"""counters.py results|traffic|profile --pck PCK --work FOLDER: one batch on the GPU, beside the same batch on the emulator.

results: every tensor that `pck step` writes, by its relative distance. The order of sums is the same on both; exponentials and divisions are
approximations of the hardware's own, so the bound is that of the reference cases in f32, and 1e-12 in f64.
traffic: launch by launch, what Nsight Compute counted (sectors of global, wavefronts of shared memory) beside what the emulator counted.
profile: where the time of GPU.md's nets goes, by Nsight Compute: one launch of the loop of each, its sections of speed, stalls and memory.
Status 77: there is no ncu here, and the emulator stands in for the GPU."""
import argparse
import csv
import json
import math
import os
import re
import shutil
import subprocess
import sys

import numpy

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'peers'))
from nets import Net  # noqa: E402
from tensors import load  # noqa: E402

BOUNDS = {'f32': 2e-5, 'f64': 1e-12}
STANDIN = os.environ.get('PCK_GPU_STANDIN', '') != ''
# Small enough for the emulator, and each takes the tile shape of one of GPU.md's rows.
NETS = [Net('resident', [256] * 5, 32), Net('small-batch', [256] * 5, 8), Net('streaming', [1024] * 3, 32), Net('classes', [784, 128, 128, 10], 20)]
if STANDIN:
    NETS = [Net('resident', [64] * 4, 32), Net('classes', [70, 40, 10], 20)]
# Of GPU.md's table, and which of its launches: that of the loop, or one of the waves in the middle.
PROFILED = [(Net('L64-D256-B32', [256] * 65, 32), 'resident', 'resident', 0), (Net('L64-D256-B8', [256] * 65, 8), 'resident', 'resident', 0), (Net('L32-D1024-B32', [1024] * 33, 32), 'waves', 'wave', 8)]
SECTIONS = ['SpeedOfLight', 'WarpStateStats', 'MemoryWorkloadAnalysis', 'LaunchStats', 'Occupancy', 'InstructionStats']
RULES = [('bp', []), ('pc', ['--steps', '3']), ('ipc', ['--steps', '3'])]
SECTORS = r'^l1tex__t_sectors_pipe_lsu_mem_global_op_(ld|st|ldgsts\w*)$'
WAVEFRONTS = r'^l1tex__data_pipe_lsu_wavefronts_mem_shared_op_(ld|st|ldgsts\w*)$'


def command(pck, net, folder, rule, options, device, dtype, out):
    return [pck, 'step', '--model', net.path(folder, 'json'), '--parameters', net.path(folder, 'safetensors'), '--batch', net.path(folder, 'random' if rule != 'bp' else 'feedforward'),
            '--rule', rule, *options, '--optimizer', 'sgd', '--lr', '0.01', '--device', device, '--dtype', dtype, '--out', out]


def run(words, **more):
    done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding='utf-8', env={**os.environ, **more})
    if done.returncode != 0:
        raise RuntimeError(f'{" ".join(words)} ended with {done.returncode}: {done.stdout.strip()[-2000:]}')
    return done.stdout


def same_limits(pck, work):
    """The emulator with the GPU's number of multiprocessors: tiles are chosen by it."""
    devices = json.loads(run([pck, 'devices', '--json']))
    count = devices['cuda']['devices'][0]['multiprocessors']
    path = os.path.join(work, 'limits')
    with open(path, 'w', encoding='utf-8') as file:
        file.write(f'preset = h100\nmultiprocessors = {count}\n')
    return path


def distance(found, wanted):
    kinds = {}
    for name, tensor in wanted.items():
        kind = name.split('/')[0] if '/' in name else ''
        kinds[kind] = max(kinds.get(kind, 0), float(numpy.linalg.norm(tensor.astype('f8'))) / 10)
    worst = (-1.0, 'nothing compared')
    for name, tensor in wanted.items():
        kind = name.split('/')[0] if '/' in name else ''
        size = max(float(numpy.linalg.norm(tensor.astype('f8'))), kinds[kind])
        apart = float(numpy.linalg.norm(found[name].astype('f8') - tensor.astype('f8')))
        measure = apart / size if size > 1e-9 else apart
        worst = max(worst, (measure if math.isfinite(measure) else math.inf, name))
    return worst


def results(pck, work):
    limits, failed = same_limits(pck, work), 0
    for net in NETS:
        net.write(work)
        for rule, options in RULES:
            for dtype, bound in BOUNDS.items():
                tensors = {}
                for device in ('cuda', 'emulator'):
                    out = os.path.join(work, f'{device}.safetensors')
                    run(command(pck, net, work, rule, options, device, dtype, out), PCK_EMULATOR_DEVICE=limits)
                    tensors[device] = load(out)
                far, name = distance(tensors['cuda'], tensors['emulator'])
                word = 'the same bits' if far == 0 else f'{far:.1e} at {name}'
                failed += not far <= bound
                print(f'{net.name:<12} {rule:<4} {dtype}  {word}{"" if far <= bound else f", more than {bound:.0e}"}', flush=True)
    return 1 if failed else 0


def metrics():
    """The names this ncu has for what the emulator counts."""
    known = {line.split()[0] for line in run(['ncu', '--query-metrics']).splitlines() if line.strip()}
    return [sorted(name for name in known if re.match(pattern, name)) for pattern in (SECTORS, WAVEFRONTS)]


def read_ncu(text):
    """Launches in order: kernel, grid, {metric: value}. Lines of ncu's own begin with ==."""
    lines = [line for line in text.splitlines() if line.startswith('"')]
    launches = {}
    for row in csv.DictReader(lines):
        launch = launches.setdefault(int(row['ID']), (row['Kernel Name'].split('(')[0], row['Grid Size'], {}))
        value = row['Metric Value'].replace(',', '')
        launch[2][row['Metric Name'].rsplit('.', 1)[0]] = float(value) if value not in ('', 'n/a') else math.nan
    return [launches[key] for key in sorted(launches)]


def traffic(pck, work):
    if shutil.which('ncu') is None:
        print('there is no ncu here; its output was tried on a text of its form')
        sample = '==PROF== x\n"ID","Kernel Name","Grid Size","Metric Name","Metric Unit","Metric Value"\n"0","pck_wave_f32(p)","(8, 1, 1)","l1tex__a.sum","sector","1,024"\n'
        assert read_ncu(sample) == [('pck_wave_f32', '(8, 1, 1)', {'l1tex__a': 1024.0})]
        return 77 if STANDIN else 1
    limits = same_limits(pck, work)
    sectors, wavefronts = metrics()
    print('metrics: ' + ' '.join(sectors + wavefronts))
    print(f'{"net":<12} {"rule":<4} {"launch":>6} {"kernel":<22} {"grid":<14} {"sectors":>10} {"emulator":>10} {"ratio":>6} {"wavefronts":>10} {"emulator":>10} {"ratio":>6}')
    for net in NETS:
        net.write(work)
        for rule, options in RULES:
            report = os.path.join(work, 'launches.jsonl')
            if os.path.exists(report):
                os.remove(report)
            out = os.path.join(work, 'out.safetensors')
            run(command(pck, net, work, rule, options, 'emulator', 'f32', out), PCK_EMULATOR_DEVICE=limits, PCK_EMULATOR_REPORT=report)
            with open(report, encoding='utf-8') as file:
                emulated = [json.loads(line) for line in file]
            counted = read_ncu(run(['ncu', '--csv', '--print-units', 'base', '--clock-control', 'none', '--target-processes', 'all', '--metrics', ','.join(f'{m}.sum' for m in sectors + wavefronts),
                                    *command(pck, net, work, rule, options, 'cuda', 'f32', out)]))
            if len(counted) != len(emulated):
                print(f'{net.name:<12} {rule:<4} ncu saw {len(counted)} launches, the emulator {len(emulated)}')
            for number, ((kernel, grid, values), other) in enumerate(zip(counted, emulated)):
                a, b = (sum(values.get(m, 0) for m in names) for names in (sectors, wavefronts))
                c, d = other['counters']['global']['sectors'], other['counters']['shared']['wavefronts']
                print(f'{net.name:<12} {rule:<4} {number:>6} {kernel:<22} {grid:<14} {a:>10.0f} {c:>10} {a / max(c, 1):>6.2f} {b:>10.0f} {d:>10} {b / max(d, 1):>6.2f}', flush=True)
    return 0


def profile(pck, work):
    if shutil.which('ncu') is None:
        print('there is no ncu here')
        return 77 if STANDIN else 1
    failed = 0
    for net, execution, kernel, skipped in PROFILED:
        net.write(work)
        out = os.path.join(work, 'out.safetensors')
        sections = [word for section in SECTIONS for word in ('--section', section)]
        print(f'{net.name}, iPC, T = 16, {execution}', flush=True)
        try:
            text = run(['ncu', '--clock-control', 'none', '--target-processes', 'all', '--kernel-name', f'regex:pck_{kernel}', '--launch-skip', str(skipped), '--launch-count', '1', *sections,
                        *command(pck, net, work, 'ipc', ['--steps', '16', '--execution', execution], 'cuda', 'f32', out)])
        except RuntimeError as error:
            failed += 1
            text = str(error)
        print('\n'.join(line for line in text.splitlines() if line.strip() and not line.startswith('==PROF==')), flush=True)
    return 1 if failed else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('what', choices=['results', 'traffic', 'profile'])
    parser.add_argument('--pck', required=True)
    parser.add_argument('--work', required=True)
    options = parser.parse_args()
    return {'results': results, 'traffic': traffic, 'profile': profile}[options.what](options.pck, options.work)


if __name__ == '__main__':
    sys.exit(main())
