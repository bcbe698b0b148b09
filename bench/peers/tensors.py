"""Safetensors files in and out, as far as the comparison needs them: dense F32 and F64."""
import json
import struct

import numpy

TYPES = {'F32': numpy.dtype('<f4'), 'F64': numpy.dtype('<f8')}


def save(path, tensors):
    header, place = {}, 0
    for name, tensor in tensors.items():
        kind = next(k for k, t in TYPES.items() if t == tensor.dtype)
        header[name] = {'dtype': kind, 'shape': list(tensor.shape), 'data_offsets': [place, place + tensor.nbytes]}
        place += tensor.nbytes
    text = json.dumps(header).encode()
    with open(path, 'wb') as file:
        file.write(struct.pack('<Q', len(text)) + text)
        for tensor in tensors.values():
            file.write(numpy.ascontiguousarray(tensor).tobytes())


def load(path):
    with open(path, 'rb') as file:
        blob = file.read()
    size, = struct.unpack('<Q', blob[:8])
    data = blob[8 + size:]
    return {name: numpy.frombuffer(data[slice(*entry['data_offsets'])], TYPES[entry['dtype']]).reshape(entry['shape'])
            for name, entry in json.loads(blob[8:8 + size]).items() if name != '__metadata__'}
