"""Asks numpy for exact singular values and truncation errors, and makes the first normal values of some seeds.

    python make_svd.py                       # numpy; writes svd.json beside this file (then: prettier --write)

The matrices are made by the same rules in test/support/matrices.ts, up to the last bits of a cosine: [m, n] float32,
mirrors and cosines around a given spectrum (`spectrum: "noise"`: uniform values). errors: ‖A − its best approximation of
the rank‖_F. shares: the smallest rank that keeps the share of ‖A‖_F².
"""

import json
import math
from pathlib import Path

import numpy as np

CASES = [
    # spectrum, parameter, m, n, ranks
    ("noise", 0, 200, 160, [8, 32]),
    ("power", 0, 160, 200, [8, 32]),
    ("power", -0.5, 240, 160, [4, 16, 48]),
    ("power", -1, 160, 240, [4, 16, 48]),
    ("power", -2, 200, 200, [4, 16]),
    ("exponential", 0.97, 200, 160, [8, 32]),
    ("exponential", 0.9, 160, 200, [8, 32]),
    ("exponential", 0.7, 100, 300, [8, 16]),
    ("power", -0.5, 600, 80, [8]),
    ("power", -1, 80, 600, [8]),
    ("power", -1, 40, 300, [8]),
    ("exponential", 0.8, 300, 40, [8]),
]
SHARES = [0.5, 0.9, 0.99]
MASK = 0xFFFFFFFF


def lcg(length, seed):
    values = np.empty(length)
    state = seed
    for i in range(length):
        state = (state * 1664525 + 1013904223) & MASK
        values[i] = (state - 2**32 if state >= 2**31 else state) / 2**31
    return values


def cosines(n, count):
    """The first columns of the orthonormal DCT-II, [n, count]."""
    angle = np.pi * np.outer(2 * np.arange(n) + 1, np.arange(count)) / (2 * n)
    return np.cos(angle) * np.where(np.arange(count) == 0, math.sqrt(1 / n), math.sqrt(2 / n))


def orthonormal(n, count, seed):
    mirror = lcg(n, seed)
    columns = cosines(n, count)
    return columns - np.outer(mirror, (2 / (mirror @ mirror)) * (mirror @ columns))


def matrix(spectrum, parameter, m, n):
    if spectrum == "noise":
        return lcg(m * n, 1).reshape(m, n).astype(np.float32)
    i = np.arange(1, min(m, n) + 1)
    values = i**float(parameter) if spectrum == "power" else parameter**i
    return ((orthonormal(m, len(i), 1) * values) @ orthonormal(n, len(i), 2).T).astype(np.float32)


def case(spectrum, parameter, m, n, ranks):
    a = matrix(spectrum, parameter, m, n).astype(np.float64)
    values = np.linalg.svd(a, compute_uv=False)
    kept = np.cumsum(values**2) / np.sum(values**2)
    smallest = [int(np.searchsorted(kept, share)) + 1 for share in SHARES]
    return {
        "spectrum": spectrum, "parameter": parameter, "rows": m, "columns": n, "norm": float(np.linalg.norm(a)),
        "values": [float(f"{v:.12e}") for v in values[: max(ranks)]],
        "errors": {str(r): float(f"{math.sqrt(np.sum(values[r:] ** 2)):.12e}") for r in ranks},
        "shares": {str(share): rank for share, rank in zip(SHARES, smallest)},
    }


def rotate(x, by):
    return ((x << by) | (x >> (32 - by))) & MASK


def xoshiro128(state):
    """Blackman and Vigna's reference implementation, xoshiro128starstar.c, word for word."""
    s = list(state)
    while True:
        yield (rotate((s[1] * 5) & MASK, 7) * 9) & MASK
        t = (s[1] << 9) & MASK
        s[2] ^= s[0]
        s[3] ^= s[1]
        s[1] ^= s[2]
        s[0] ^= s[3]
        s[2] ^= t
        s[3] = rotate(s[3], 11)


def splitmix32(state):
    while True:
        state = (state + 0x9E3779B9) & MASK
        mixed = ((state ^ (state >> 16)) * 0x85EBCA6B) & MASK
        mixed = ((mixed ^ (mixed >> 13)) * 0xC2B2AE35) & MASK
        yield mixed ^ (mixed >> 16)


def draws(seed, count):
    fill = splitmix32(seed & MASK)
    words = xoshiro128([next(fill) for _ in range(4)])
    return [next(words) for _ in range(count)]


def gaussian(seed, count):
    words = draws(seed, count)
    pairs = [(math.sqrt(-2 * math.log((u + 1) / 2**32)), 2 * math.pi * v / 2**32) for u, v in zip(words[::2], words[1::2])]
    return [x for radius, angle in pairs for x in (radius * math.cos(angle), radius * math.sin(angle))]


words = xoshiro128([1, 2, 3, 4])
assert [next(words) for _ in range(4)] == [11520, 0, 5927040, 70819200]  # rand_xoshiro's test, from the C code
golden = {
    "numpy": np.__version__,
    "cases": [case(*c) for c in CASES],
    "seeds": {str(seed): {"words": draws(seed, 8), "normal": gaussian(seed, 8)} for seed in (0, 1, 12345, -1)},
}
text = json.dumps(golden, indent=1)
(Path(__file__).parent / "svd.json").write_text(text + "\n")
print(len(text), [(c["spectrum"], c["parameter"], c["shares"]) for c in golden["cases"]])
