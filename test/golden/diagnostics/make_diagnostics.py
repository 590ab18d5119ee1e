"""The figures of `diagnose` by plain float64 NumPy, on Δ that PEFT makes.

    python make_diagnostics.py OUT.json                   # test/golden/diagnostics/figures.json

Made with peft 0.21.2, transformers 5.23.0, torch 2.15.0, numpy 2.4.6. Δ is PEFT's merge minus its base, both in float64; the
patched models are of the old base, S is the new base minus the old one. Singular values and subspaces come from
numpy.linalg.svd of the whole matrices.
"""

import json
import os
import sys
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"
sys.dont_write_bytecode = True

import numpy as np
import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM

ROOT = Path(__file__).resolve().parents[3]
VARIANTS = ROOT / "test/golden/variants/cases"
SAMPLES = ROOT / "samples"
DTYPES = {"BF16": torch.bfloat16, "F16": torch.float16, "F32": torch.float32}
# name: patch, old base, new base, retrained patch, λ, leading directions, whether Δ is of low rank: else it has so many too
CASES = {
    "kind": (SAMPLES / "patches/kind", SAMPLES / "models/storyteller-v1", SAMPLES / "models/storyteller-v2",
             SAMPLES / "reference/kind-retrained", 1.0, 16, True),
    "lora": (VARIANTS / "layers-to-transform/patch", VARIANTS / "bases/llama-old", VARIANTS / "bases/llama-new", None, 0.5, 4, True),
    "dora": (VARIANTS / "dora-linear/patch", VARIANTS / "bases/llama-old", VARIANTS / "bases/llama-new", None, 1.0, 4, False),
}
TENSORS = 6  # of each case; the aggregates are over all


def weights(folder):
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float64)
    return {name: value.detach().clone() for name, value in model.state_dict().items()}


def delta(patch, base, scale):
    model = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float64)
    before = {name: value.detach().clone() for name, value in model.state_dict().items()}
    merged = PeftModel.from_pretrained(model, patch, autocast_adapter_dtype=False).to(torch.float64).merge_and_unload()
    after = merged.state_dict()
    return {name: scale * (after[name] - before[name]) for name in before if name in after and not torch.equal(after[name], before[name])}


def leading(matrix, k):
    u, s, vt = np.linalg.svd(matrix, full_matrices=False)
    count = int((s[:k] > 0).sum())
    return u[:, :count], vt[:count]


def rounded(values, dtype):
    return values.to(torch.float32).to(dtype).to(torch.float64)


def sums(d, new, old, other):
    s = new - old
    result = {"delta": (d * d).sum(), "weight": (new * new).sum(), "oldWeight": (old * old).sum(), "evolution": (s * s).sum(),
              "deltaEvolution": (d * s).sum(), "weights": (new * old).sum(), "elements": d.numel(), "touched": (d != 0).sum()}
    if other is not None:
        result |= {"retrained": (other * other).sum(), "deltaRetrained": (d * other).sum()}
    for name, dtype in DTYPES.items():
        # W' + Δ in float32, rounded once more to the dtype, as a port does.
        kept = rounded((new.to(torch.float32) + d.to(torch.float32)), dtype) - rounded(new, dtype)
        result |= {f"{name} absorbed": ((kept == 0) & (d != 0)).sum(), f"{name} lost": (((kept - d) ** 2) * (d != 0)).sum()}
    return {key: float(value) for key, value in result.items()}


def figures(total):
    cos = lambda product, a, b: product / np.sqrt(a * b)
    result = {"delta": np.sqrt(total["delta"]), "weight": np.sqrt(total["weight"]), "evolution": np.sqrt(total["evolution"]),
              "oldWeight": np.sqrt(total["oldWeight"]), "lineage": cos(total["weights"], total["weight"], total["oldWeight"]),
              "cosine": cos(total["deltaEvolution"], total["delta"], total["evolution"]), "cosineChance": 1 / np.sqrt(total["elements"])}
    for name in DTYPES:
        result |= {f"{name} absorbed": total[f"{name} absorbed"] / total["touched"],
                   f"{name} error": np.sqrt(total[f"{name} lost"] / total["delta"])}
    if "retrained" in total:
        c = total["delta"] + total["retrained"] - 2 * total["deltaRetrained"]
        result |= {"retrained": np.sqrt(total["retrained"]), "distance": np.sqrt(c / total["delta"]),
                   "distanceChance": np.sqrt(1 + total["retrained"] / total["delta"]),
                   "retrainedCosine": cos(total["deltaRetrained"], total["delta"], total["retrained"])}
    return {key: float(value) for key, value in result.items()}


def of_matrix(d, new, old, k, low):
    """What needs singular vectors."""
    d, new, old = (value.numpy() for value in (d, new, old))
    u, values, vt = np.linalg.svd(d, full_matrices=False)
    rank = int((values > 1e-6 * values[0]).sum())
    rank = rank if low else min(rank, k)
    m, n = d.shape
    columns, rows = leading(new - old, k)
    keep = lambda base: np.linalg.norm((lambda a, b: a.T @ d @ b.T)(*leading(base, k))) / np.linalg.norm(d)
    return {"values": values[:rank].tolist(), "stableRank": float((values ** 2).sum() / values[0] ** 2),
            "columns": float((np.square(u[:, :rank].T @ columns)).sum() / rank), "columnsChance": columns.shape[1] / m,
            "rows": float((np.square(vt[:rank] @ rows.T)).sum() / rank), "rowsChance": rows.shape[0] / n,
            "keptNew": float(keep(new)), "keptOld": float(keep(old)), "keptChance": min(k, m, n) / float(np.sqrt(m * n))}


def angles(d, other):
    """Cosines of the principal angles between the spaces of two matrices."""
    def spaces(matrix):
        u, values, vt = np.linalg.svd(matrix.numpy(), full_matrices=False)
        rank = int((values > 1e-6 * values[0]).sum())
        return u[:, :rank], vt[:rank].T
    cosines = lambda a, b: np.minimum(1, np.linalg.svd(a.T @ b, compute_uv=False)).tolist()
    return {f"{side}Angles": cosines(a, b) for side, a, b in zip(("columns", "rows"), spaces(d), spaces(other))}


def histogram(d, new):
    """Elements that are not zero by binary exponent, and those of them that each dtype leaves as they were."""
    exponents = torch.frexp(d.to(torch.float32)).exponent - 1  # frexp has 0.5 <= mantissa < 1
    touched = d != 0
    first, last = int(exponents[touched].min()), int(exponents[touched].max())
    count = lambda mask: [int((mask & (exponents == e)).sum()) for e in range(first, last + 1)]
    result = {"from": first, "counts": count(touched)}
    for name, dtype in DTYPES.items():
        kept = rounded((new.to(torch.float32) + d.to(torch.float32)), dtype) - rounded(new, dtype)
        result[name] = count(touched & (kept == 0))
    return {"histogram": result}


def make_case(patch, old, new, against, scale, k, low):
    deltas, before, now = delta(patch, old, scale), weights(old), weights(new)
    others = delta(against, new, 1) if against else {}
    tensors, total = {}, {}
    for name, d in sorted(deltas.items()):
        own = sums(d, now[name], before[name], others.get(name))
        total = {key: total.get(key, 0) + value for key, value in own.items()}
        if len(tensors) < TENSORS:
            tensors[name] = figures(own) | of_matrix(d, now[name], before[name], k, low) | histogram(d, now[name])
            if name in others:
                tensors[name] |= angles(d, others[name])
    return {"scale": scale, "directions": k, "count": len(deltas), "tensors": tensors, "all": figures(total)}


if __name__ == "__main__":
    cases = {name: make_case(*case) for name, case in CASES.items()}
    text = json.dumps(cases, indent=2)
    Path(sys.argv[1]).write_text(text + "\n")
    print({name: (case["count"], round(len(text) / 1000)) for name, case in cases.items()})
