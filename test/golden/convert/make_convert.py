"""Asks torch how it converts between float32 and the 16-bit floats.

    python make_convert.py                   # torch and numpy; writes convert.json beside this file

widen: a SHA-256 over the float32 bits of all 65,536 patterns. narrow: for each class of float32 bits (made by the same
rules in test/unit/kernels/convert.test.ts; `inputs` is their SHA-256), one over the 16-bit results. literals: float32
bits and what they become. All in hexadecimal, little-endian, with every NaN written as the one pattern 7fff….
"""

import hashlib
import json
from pathlib import Path

import numpy as np
import torch

DTYPES = {"F16": (torch.float16, 0x7C00), "BF16": (torch.bfloat16, 0x7F80)}


def sha256(array):
    return hashlib.sha256(array.astype(array.dtype.newbyteorder("<")).tobytes()).hexdigest()


def widen(dtype):
    halves = torch.from_numpy(np.arange(65536, dtype=np.uint16).view(np.int16)).view(dtype)
    bits = halves.to(torch.float32).view(torch.int32).numpy().view(np.uint32).copy()
    bits[(bits & 0x7FFFFFFF) > 0x7F800000] = 0x7FFFFFFF
    return bits


def narrow(bits, name):
    dtype, infinity = DTYPES[name]
    floats = torch.from_numpy(bits.view(np.int32).copy()).view(torch.float32)
    halves = floats.to(dtype).view(torch.int16).numpy().view(np.uint16).copy()
    halves[(halves & 0x7FFF) > infinity] = 0x7FFF
    return halves


def around(bits):
    """Each pattern, its neighbours, and all three with the other sign."""
    bits = bits.astype(np.int64)
    near = np.stack([bits - 1, bits, bits + 1], axis=1).reshape(-1)
    return np.concatenate([near, near | 0x80000000]).astype(np.uint32)


def half_value(h):
    mantissa, exponent = h & 0x3FF, h >> 10
    return np.where(exponent == 0, mantissa * 2.0**-24, (1 + mantissa / 1024) * 2.0 ** (exponent - 15.0))


def classes():
    halves = np.arange(0x7C00)
    values = half_value(halves).astype(np.float32)
    ties = ((half_value(halves) + half_value(halves + 1)) / 2).astype(np.float32)
    random = np.empty(100_000, dtype=np.uint32)
    state = 12345
    for i in range(len(random)):
        state = (state * 1664525 + 1013904223) % 2**32
        random[i] = state
    return {
        "halves": around(values.view(np.uint32)[1:]),
        "ties between halves": around(ties.view(np.uint32)),
        "bfloat16s": around(np.arange(1, 0x7F80) << 16),
        "ties between bfloat16s": around((np.arange(0x7F80) << 16) + 0x8000),
        "subnormal float32s": np.arange(0, 0x800000, 257, dtype=np.uint32),
        "infinities and NaNs": np.concatenate([np.arange(s, s + 0x800000, 997, dtype=np.int64)
                                               for s in (0x7F800000, 0xFF800000)]).astype(np.uint32),
        "random": random,
    }


LITERALS = [
    0x00000000, 0x80000000, 0x3F800000, 0xBF800000, 0x00000001, 0x007FFFFF, 0x00800000, 0x7F7FFFFF, 0xFF7FFFFF, 0x7F800000,
    0xFF800000, 0x7F800001, 0x7FC00000, 0xFFFFFFFF,
    0x3F801000, 0x3F801001, 0x3F803000, 0x3F800FFF,  # half: ties and beside them
    0x3F808000, 0x3F808001, 0x3F818000, 0x3F807FFF,  # bfloat16
    0x477FE000, 0x477FEFFF, 0x477FF000, 0xC77FF000, 0x47800000,  # half: the largest, and where infinity begins
    0x7F7F7FFF, 0x7F7F8000, 0xFF7F8000,  # bfloat16
    0x38800000, 0x387FC000, 0x387FDFFF, 0x387FE000, 0x387FF000,  # half: smallest normal, largest subnormals
    0x33800000, 0x33000001, 0x33000000, 0xB3000000, 0x32FFFFFF, 0x33C00000, 0x34200000,  # half: smallest subnormals
    0x00008000, 0x00008001, 0x00018000, 0x80008000,  # bfloat16
]

literals = np.array(LITERALS, dtype=np.uint32)
golden = {
    "torch": torch.__version__,
    "widen": {name: sha256(widen(dtype)) for name, (dtype, _) in DTYPES.items()},
    "narrow": {
        rule: {"inputs": sha256(bits), **{name: sha256(narrow(bits, name)) for name in DTYPES}}
        for rule, bits in classes().items()
    },
    "literals": {
        f"{bits:08x}": {"F16": f"{half:04x}", "BF16": f"{bfloat:04x}"}
        for bits, half, bfloat in zip(LITERALS, narrow(literals, "F16"), narrow(literals, "BF16"))
    },
}
print({rule: len(bits) for rule, bits in classes().items()})
(Path(__file__).parent / "convert.json").write_text(json.dumps(golden, indent=2) + "\n")
