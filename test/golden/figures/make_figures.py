"""Figures of single tensors by plain float64 NumPy, on values that torch widens.

    python make_figures.py OUT       # test/golden/figures/case: tensors.safetensors, figures.json

Made with torch 2.15.0, numpy 2.4.6, safetensors 0.8.0.
"""

import json
import sys
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file

OUT = Path(sys.argv[1])
RANDOM = torch.Generator().manual_seed(7)


def normal(*shape: int) -> torch.Tensor:
    return torch.randn(*shape, generator=RANDOM)


def patterns(dtype: torch.dtype) -> torch.Tensor:
    return torch.arange(256, dtype=torch.uint8).view(dtype)


def integers(dtype: torch.dtype, low: int, high: int) -> torch.Tensor:
    return torch.randint(low, high, (7, 11), generator=RANDOM, dtype=torch.int64).to(dtype)


special = normal(5, 9)
special[0, 0], special[1, 2], special[2, 3], special[3, 3] = float("nan"), float("inf"), float("-inf"), 0.0
TENSORS = {
    "bf16": (0.02 * normal(33, 47)).to(torch.bfloat16),
    "f16": (0.02 * normal(17, 31)).to(torch.float16),
    # A small spread around a large mean, which sums of squares alone would lose.
    "f32.narrow": (1000 + 1e-3 * normal(64, 64)).to(torch.float32),
    "f32.special": special,
    "f32.subnormal": torch.tensor([1e-45, -3e-42, 1.1754944e-38, 0.0, -0.0, 1.0], dtype=torch.float32),
    "f16.patterns": torch.arange(65536, dtype=torch.int32).to(torch.uint16).view(torch.float16),
    "bf16.patterns": torch.arange(0x2000, 0x5000, dtype=torch.int32).to(torch.uint16).view(torch.bfloat16),
    "f8_e4m3.patterns": patterns(torch.float8_e4m3fn),
    "f8_e5m2.patterns": patterns(torch.float8_e5m2),
    "f64": normal(6, 5).to(torch.float64) * 1e-60,
    "bool": integers(torch.bool, 0, 2),
    "u8": integers(torch.uint8, 0, 256),
    "i8": integers(torch.int8, -128, 128),
    "i16": integers(torch.int16, -(2**15), 2**15),
    "u16": integers(torch.int32, 0, 2**16).to(torch.uint16),
    "i32": integers(torch.int32, -(2**31), 2**31),
    "u32": integers(torch.int64, 0, 2**32).to(torch.uint32),
    "i64": integers(torch.int64, -(2**40), 2**40),
    "nothing": torch.zeros(0, 4),
    "scalar": torch.tensor(-2.5),
    "no-number": torch.tensor([float("nan"), float("inf")]),
}


def figures(tensor: torch.Tensor) -> dict:
    values = tensor.to(torch.float64).numpy().ravel()
    finite = values[np.isfinite(values)]
    sizes = np.abs(finite[finite != 0])
    # frexp gives a mantissa in [0.5, 1).
    exponents, counts = np.unique(np.frexp(sizes)[1] - 1, return_counts=True)
    return {
        "elements": values.size,
        "zeros": int((finite == 0).sum()),
        "nans": int(np.isnan(values).sum()),
        "infinities": int(np.isinf(values).sum()),
        "norm": float(np.linalg.norm(finite)),
        "largest": float(np.abs(finite).max()) if finite.size else 0.0,
        "mean": float(finite.mean()) if finite.size else None,
        "deviation": float(finite.std()) if finite.size else None,
        "powers": [{"exponent": int(e), "count": int(c)} for e, c in zip(exponents, counts)],
    }


OUT.mkdir(parents=True, exist_ok=True)
save_file(TENSORS, OUT / "tensors.safetensors")
(OUT / "figures.json").write_text(json.dumps({name: figures(t) for name, t in TENSORS.items()}, indent=1) + "\n")
