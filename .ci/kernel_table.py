"""kernel_table.py [--write] [--build FOLDER] [--pck PROGRAM]: native/kernels/table.txt anew, and how it differs from the one on file.

Three tables over every kernel of native/kernels, all from the compiler's output and the emulator, so that a change that costs registers,
instructions or memory traffic is seen where there is no GPU:
  code      registers, shared memory, spills and what a multiprocessor holds at once, by cuobjdump -res-usage and the machine code; for the resident
            kernels beside it what is left where NVRTC makes them for one program
  loops     the innermost loops that multiply: instructions, the share of multiply-adds, the width of loads from shared memory
  traffic   one batch of iPC by `pck step --device emulator` in the shapes of GPU.md: sectors and wavefronts over the ideal
Fails when a table differs, a kernel spills, or an fp32 loop of products from shared memory is less than 65 % FFMA (a `<` marks those below 75 %) or
has more than a tenth of its loads narrower than 128 bits.
Compared only with the release of nvcc that the table names. Ends in "N passed, M failed". --write replaces the table."""
import argparse
import glob
import json
import os
import random
import re
import struct
import subprocess
import sys
import tempfile

TABLE = 'native/kernels/table.txt'
ARCHITECTURES = (80, 90)
# Of a multiprocessor: registers, allocated by 256 a warp; shared bytes, 1024 of them kept per block; threads; blocks (CUDA programming guide).
LIMITS = {80: (65536, 164 << 10, 2048, 32), 90: (65536, 228 << 10, 2048, 32)}
MULTIPLY = ('FFMA', 'DFMA', 'HMMA', 'HGMMA')
LEAST_MULTIPLIES = 16
WANTED_SHARE, LEAST_SHARE = 0.75, 0.65
# The rest are fields of the task's description.
LEAST_WIDE = 0.9
# How a program runs, and how its products round where they do.
ALL_WAYS = ('waves', 'cooperative', 'resident', 'waves tf32', 'resident tf32')
SHAPES = [('L3 D256 B32', [256] * 4, 32, 132, ALL_WAYS), ('L3 D256 B8', [256] * 4, 8, 132, ALL_WAYS), ('L2 D1024 B32', [1024] * 3, 32, 132, ('waves',)),
          ('L1 D512 B512 (as D4096)', [512] * 2, 512, 8, ('waves',))]


# A layer of 256 tanh units in GPU.md's resident nets, iPC and SGD: what NVRTC is then told (SpecialisedResidentTests), for the chip that they are meant for.
SPECIALISED = 'WIDTH=256 WORK=31 ACTIVATIONS=3 OPTIMIZER=1 CATEGORICAL=0 MEAN_START=1'
SPECIALISED_FOR = [(name, samples) for name in ('resident_f32', 'resident_tf32') for samples in (8, 32)]


def output(*command, **more):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, encoding='utf-8', env={**os.environ, **more}).stdout


def threads_of(ptx):
    """Threads of a block by kernel, from the PTX's launch bounds."""
    found = {}
    for name, body in re.findall(r'\.entry (\w+)\((.*?)^\{', ptx, re.M | re.S):
        bound = re.search(r'\.(?:maxntid|reqntid)\s+(\d+)(?:,\s*(\d+))?(?:,\s*(\d+))?', body)
        found[name] = 1
        for size in bound.groups() if bound else ('0',):
            found[name] *= int(size or 1)
    return found


def instructions(sass):
    """By function: (address, opcode, rest) in order."""
    functions = {}
    for line in sass.splitlines():
        name = re.match(r'\s*Function : (\w+)', line)
        if name:
            code = functions.setdefault(name[1], [])
            continue
        found = re.match(r'\s*/\*([0-9a-f]{4,})\*/\s+(?:@!?U?P\w+\s+)?([A-Z][A-Z0-9_.]*)\s*(.*?)\s*;', line)
        if found:
            code.append((int(found[1], 16), found[2], found[3]))
    return functions


def loops(code):
    """Innermost loops that multiply, as lists of opcodes."""
    spans = []
    for address, opcode, rest in code:
        target = re.search(r'0x([0-9a-f]+)\s*$', rest) if opcode.startswith('BRA') else None
        if target and int(target[1], 16) <= address:
            spans.append((int(target[1], 16), address))
    inner = [s for s in set(spans) if not any(o != s and s[0] <= o[0] and o[1] <= s[1] for o in spans)]
    bodies = [[opcode for address, opcode, _ in code if begin <= address <= end] for begin, end in sorted(inner)]
    return [b for b in bodies if sum(o.split('.')[0] in MULTIPLY for o in b) >= LEAST_MULTIPLIES]


def resident(architecture, registers, shared, threads):
    all_registers, all_shared, all_threads, all_blocks = LIMITS[architecture]
    warps = (threads + 31) // 32
    per_warp = (registers * 32 + 255) // 256 * 256
    by_registers = all_registers // (per_warp * warps)
    return min(by_registers, all_shared // (shared + 1024), all_threads // (warps * 32), all_blocks)


def cuobjdump(nvcc):
    return os.path.join(os.path.dirname(nvcc), 'cuobjdump') if os.path.dirname(nvcc) else 'cuobjdump'


def usage_of(tool, cubin):
    """By function: registers, static shared memory and stack."""
    found = re.findall(r'Function (\w+):\s*\n\s*(REG:.*)', output(tool, '-res-usage', cubin))
    return {name: {k: int(v) for k, v in re.findall(r'(\w+):(\d+)', line)} for name, line in found}


def local_accesses(code):
    return sum(opcode.split('.')[0] in ('LDL', 'STL') for _, opcode, _ in code)


def specialised(nvcc, code_rows):
    """Rows of the resident kernels made for one program, beside those that ship."""
    rows, faults = [], []
    shipped = {row[0]: row for row in code_rows if row[1] == 'sm_90'}
    for name, samples in SPECIALISED_FOR:
        kernel = f'pck_{name}_b{samples}'
        macros = [f'-DPCK_RESIDENT_{macro}' for macro in [f'SAMPLES={samples}', *SPECIALISED.split()]]
        with tempfile.TemporaryDirectory() as folder:
            cubin = os.path.join(folder, 'kernel.cubin')
            output(nvcc, '-std=c++20', '-O3', '-arch=sm_90', '-Werror', 'all-warnings', '-I', 'native/include', '-cubin', *macros, '-o', cubin, f'native/kernels/{name}.cu')
            usage, code = usage_of(cuobjdump(nvcc), cubin)[kernel], instructions(output(cuobjdump(nvcc), '-sass', cubin))[kernel]
        rows.append((kernel, 'sm_90', shipped[kernel][3], usage['REG'], usage['STACK'], local_accesses(code), shipped[kernel][-1], len(code)))
        if usage['STACK'] or local_accesses(code):
            faults.append(f'{kernel} for one program: {usage["STACK"]} bytes of stack, {local_accesses(code)} instructions on local memory: spills are not allowed')
    return rows, faults


def tables(build, nvcc):
    tool = cuobjdump(nvcc)
    code_rows, loop_rows, faults = [], [], []
    for source in sorted(glob.glob('native/kernels/*.cu')):
        name = os.path.splitext(os.path.basename(source))[0]
        if not os.path.exists(f'native/ptx/{name}.ptx'):
            faults.append(f'{name} has no PTX on file: cmake --build build/native --target ptx')
            continue
        with open(f'native/ptx/{name}.ptx', encoding='utf-8') as file:
            ptx = file.read()
        threads, is_dynamic = threads_of(ptx), '.extern .shared' in ptx
        for architecture in ARCHITECTURES:
            cubin = os.path.join(build, 'kernels', f'{name}.sm_{architecture}.cubin')
            usage = usage_of(tool, cubin)
            for kernel, code in sorted(instructions(output(tool, '-sass', cubin)).items()):
                numbers, local = usage[kernel], local_accesses(code)
                # From sm_90 on the kilobyte that the system keeps of each block is counted in.
                shared, block = numbers['SHARED'] - (1024 if architecture >= 90 and numbers['SHARED'] else 0), threads.get(kernel) or 256
                code_rows.append((kernel, f'sm_{architecture}', block, numbers['REG'], shared, numbers['STACK'], local, 'by launch' if is_dynamic else resident(architecture, numbers['REG'], shared, block), len(code)))
                if local or numbers['STACK']:
                    faults.append(f'{kernel}, sm_{architecture}: {numbers["STACK"]} bytes of stack, {local} instructions on local memory: spills are not allowed')
                for number, body in enumerate(loops(code), 1):
                    row, fault = loop_row(kernel, architecture, number, body)
                    loop_rows.append(row)
                    if fault:
                        faults.append(fault)
    return code_rows, loop_rows, faults


def loop_row(kernel, architecture, number, body):
    counts = {unit: sum(o.split('.')[0] == unit for o in body) for unit in MULTIPLY}
    unit = max(counts, key=counts.get)
    loads = [o for o in body if o.startswith('LDS')]
    wide = sum('.128' in o for o in loads)
    share = counts[unit] / len(body)
    fault = None
    # A loop that multiplies without loading is no product's (an activation's polynomial, say), nor is one that stores to memory (steps of an
    # optimiser); a naive one has no shared memory.
    is_product = unit == 'FFMA' and wide > 0 and counts[unit] >= 64 and not any(o.startswith('STG') for o in body)
    if is_product and (share < LEAST_SHARE or wide < LEAST_WIDE * len(loads)):
        fault = f'{kernel}, sm_{architecture}, loop {number}: {share:.0%} {unit}, {wide} of {len(loads)} loads of shared memory 128 bits wide; wanted {LEAST_SHARE:.0%} and {LEAST_WIDE:.0%} of them'
    mark = '<' if is_product and share < WANTED_SHARE else ''
    return (kernel, f'sm_{architecture}', number, len(body), f'{unit} {share:.0%}{mark}', f'{wide}/{len(loads)}'), fault


def save(path, tensors):
    header, place, data = {}, 0, b''
    for name, (shape, numbers) in tensors.items():
        part = struct.pack(f'<{len(numbers)}f', *numbers)
        header[name] = {'dtype': 'F32', 'shape': shape, 'data_offsets': [place, place + len(part)]}
        place += len(part)
        data += part
    text = json.dumps(header).encode()
    with open(path, 'wb') as file:
        file.write(struct.pack('<Q', len(text)) + text + data)


def write_net(folder, widths, batch):
    draw = random.Random(0)
    numbers = lambda count, size: [draw.uniform(-size, size) for _ in range(count)]
    names = [f'h{i}' for i in range(1, len(widths) - 1)] + ['y']
    nodes, parameters, below = [], {}, 'x'
    values = {'x': ([batch, widths[0]], numbers(batch * widths[0], 1)), 'y': ([batch, widths[-1]], numbers(batch * widths[-1], 1))}
    for name, inside, width in zip(names, widths, widths[1:]):
        nodes.append({'name': name, 'op': 'linear', 'of': [below], 'units': width, 'activation': 'tanh'})
        parameters[f'{name}.weight'] = ([width, inside], numbers(width * inside, inside ** -0.5))
        parameters[f'{name}.bias'] = ([width], numbers(width, inside ** -0.5))
        if name != 'y':
            values[f'value/{name}'] = ([batch, width], numbers(batch * width, 1))
        below = name
    with open(os.path.join(folder, 'model.json'), 'w', encoding='utf-8') as file:
        json.dump({'name': 'net', 'inputs': {'x': [widths[0]]}, 'nodes': nodes, 'output': {'node': 'y'}}, file)
    save(os.path.join(folder, 'parameters.safetensors'), parameters)
    save(os.path.join(folder, 'batch.safetensors'), values)


def traffic(pck):
    rows = []
    for shape, widths, batch, multiprocessors, execution in ((*s[:4], way) for s in SHAPES for way in s[4]):
        with tempfile.TemporaryDirectory() as folder:
            at = lambda name: os.path.join(folder, name)
            write_net(folder, widths, batch)
            way, math = (execution.split() + ['f32'])[:2]
            with open(at('limits'), 'w', encoding='utf-8') as file:
                file.write(f'preset = h100\nmultiprocessors = {multiprocessors}\n')
            output(*pck, 'step', '--model', at('model.json'), '--parameters', at('parameters.safetensors'), '--batch', at('batch.safetensors'), '--rule', 'ipc', '--steps', '2', '--optimizer', 'sgd',
                   '--lr', '0.001', '--device', 'emulator', '--execution', way, '--math', math, '--out', at('out'), PCK_EMULATOR_DEVICE=at('limits'), PCK_EMULATOR_REPORT=at('report'))
            sums = {}
            with open(at('report'), encoding='utf-8') as file:
                for launch in map(json.loads, file):
                    counted = launch['counters']
                    row = sums.setdefault(launch['kernel'], [0] * 6)
                    for place, number in enumerate((1, counted['global']['sectors'], counted['global']['ideal_sectors'], counted['shared']['wavefronts'], counted['shared']['ideal_wavefronts'], counted['warp_instructions'])):
                        row[place] += number
            for kernel, (launches, sectors, ideal_sectors, wavefronts, ideal_wavefronts, executed) in sorted(sums.items()):
                rows.append((shape, execution, kernel, launches, sectors, f'{sectors / max(1, ideal_sectors):.3f}', wavefronts, f'{wavefronts / max(1, ideal_wavefronts):.3f}', executed))
    return rows


def layout(head, rows):
    lines = [[str(cell) for cell in row] for row in [head, *rows]]
    widths = [max(len(line[i]) for line in lines) for i in range(len(head))]
    left = sum(1 for cell in rows[0] if isinstance(cell, str) and not cell[0].isdigit()) if rows else 1
    return [' '.join(cell.ljust(width) if i < left else cell.rjust(width) for i, (cell, width) in enumerate(zip(line, widths))).rstrip() for line in lines]


def make(build, nvcc, release, pck):
    code_rows, loop_rows, faults = tables(build, nvcc)
    special_rows, special_faults = specialised(nvcc, code_rows)
    faults += special_faults
    text = [f'nvcc {release}; by .ci/kernel_table.py --write', '', 'code']
    text += layout(('kernel', 'for', 'threads', 'registers', 'shared', 'stack', 'local', 'blocks', 'instructions'), code_rows)
    text += ['threads: of a block (256 where a kernel leaves it open); shared: static bytes; local: instructions on local memory; blocks: resident on a multiprocessor, by static shared memory', '', 'code for one program']
    text += layout(('kernel', 'for', 'registers', 'then', 'stack', 'local', 'instructions', 'then'), special_rows)
    text += [f'as NVRTC is told of iPC on layers of 256 units, tanh and identity, by SGD: {SPECIALISED}', '', 'loops']
    text += layout(('kernel', 'for', 'loop', 'instructions', 'multiply', '128-bit LDS'), loop_rows)
    text += ['', 'traffic']
    text += layout(('shape', 'execution', 'kernel', 'launches', 'sectors', 'of ideal', 'wavefronts', 'of ideal', 'warp instructions'), traffic(pck)) if pck else ['not counted: no emulator here']
    text += ['one batch of iPC, T = 2, every error alive, limits of an H100 (the last: of eight of its multiprocessors, so that the tiles are those of D4096)']
    return text, faults


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--write', action='store_true')
    parser.add_argument('--build', default='build/native')
    parser.add_argument('--pck', default='dotnet artifacts/pck/pck.dll')
    options = parser.parse_args()
    nvcc = os.path.join(os.environ['CUDA_PATH'], 'bin', 'nvcc') if os.environ.get('CUDA_PATH') else os.environ.get('CUDACXX') or 'nvcc'
    release = re.search(r'release ([0-9.]+)', output(nvcc, '--version'))[1]
    text, faults = make(options.build, nvcc, release, options.pck.split())
    for fault in faults:
        print(fault)
    failed = len(faults)
    if options.write:
        with open(TABLE, 'w', encoding='utf-8') as file:
            file.write('\n'.join(text) + '\n')
    else:
        with open(TABLE, encoding='utf-8') as file:
            on_file = file.read().splitlines()
        if on_file[0] != text[0]:
            print(f'the table is of "{on_file[0]}", here is release {release}: not compared')
        else:
            for line in [f'on file  {line}' for line in on_file if line not in text] + [f'now      {line}' for line in text if line not in on_file]:
                print(line)
                failed += 1
    print(f'{len(text) - min(failed, len(text))} passed, {failed} failed')
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
