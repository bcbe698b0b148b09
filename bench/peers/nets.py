"""The nets of the comparison, their parameters and their batch: the same numbers for PyTorch and for pck."""
import json
import math
import os

import numpy

from tensors import save

SEED, STEPS, GAMMA, RATE = 0, 8, 0.1, 0.001

# Every unit's 2**32 / golden ratio: the same made-up inputs as `pck bench` has.
STRIDE = 2654435769


class Net:
    def __init__(self, name, widths, batch):
        self.name, self.widths, self.batch = name, widths, batch
        random = numpy.random.default_rng(SEED)
        bounds = [1 / math.sqrt(below) for below in widths[:-1]]
        self.parameters = [(random.uniform(-c, c, (above, below)).astype('f4'), random.uniform(-c, c, above).astype('f4'))
                           for c, below, above in zip(bounds, widths, widths[1:])]
        number = numpy.arange(batch * widths[0], dtype=numpy.uint32) * numpy.uint32(STRIDE)
        self.inputs = ((number >> numpy.uint32(8)) / numpy.float32(1 << 24)).astype('f4').reshape(batch, widths[0])
        self.targets = numpy.eye(widths[-1], dtype='f4')[numpy.arange(batch) % widths[-1]]
        self.starts = [random.uniform(-1, 1, (batch, width)).astype('f4') for width in widths[1:-1]]

    @property
    def has_equal_layers(self):
        return len(set(self.widths)) == 1

    def names(self):
        return [f'h{i}' for i in range(1, len(self.widths) - 1)] + ['y']

    def write(self, folder):
        """The model, its parameters, and a batch with the forward start and with given values, as pck reads them."""
        below, nodes = 'x', []
        for name, width in zip(self.names(), self.widths[1:]):
            nodes.append({'name': name, 'op': 'linear', 'of': [below], 'units': width, **({} if name == 'y' else {'activation': 'tanh'})})
            below = name
        with open(self.path(folder, 'json'), 'w', encoding='utf-8') as file:
            json.dump({'name': self.name, 'inputs': {'x': [self.widths[0]]}, 'nodes': nodes, 'output': {'node': 'y'}}, file)
        save(self.path(folder, 'safetensors'), {f'{name}.{part}': tensor for name, pair in zip(self.names(), self.parameters) for part, tensor in zip(('weight', 'bias'), pair)})
        batch = {'x': self.inputs, 'y': self.targets}
        save(self.path(folder, 'feedforward'), batch)
        save(self.path(folder, 'random'), {**batch, **{f'value/{name}': value for name, value in zip(self.names(), self.starts)}})

    def path(self, folder, what):
        return os.path.join(folder, f'{self.name}.{what}')


NETS = [
    Net('a', [784, 128, 128, 10], 20),
    Net('b', [784, *[256] * 8, 10], 64),
    Net('c32', [64] * 33, 32),
]
DESCRIPTIONS = {'a': 'a: 784-128-128-10, B 20', 'b': 'b: 784-8x256-10, B 64', 'c32': 'c32: 32 layers 64x64, B 32'}
