"""Writes one variant's patch and base as PyTorch pickles: what people still have on their disks.

    python make_pickled.py OUT_FOLDER        # writes test/golden/pickled/case when OUT_FOLDER is that

The tensors are those of ../variants/cases/layers-to-transform and its bases; the base is in two files with an index.
"""

import json
import shutil
import sys
from collections import OrderedDict
from pathlib import Path

import torch
from safetensors.torch import load_file

VARIANTS = Path(__file__).resolve().parents[1] / "variants" / "cases"
CASE = VARIANTS / "layers-to-transform"


def main(out: Path) -> None:
    shutil.rmtree(out, ignore_errors=True)
    base = VARIANTS / "bases" / json.loads((CASE / "case.json").read_text())["new"]
    (out / "patch").mkdir(parents=True)
    (out / "new").mkdir()
    shutil.copy(CASE / "patch" / "adapter_config.json", out / "patch")
    torch.save(load_file(CASE / "patch" / "adapter_model.safetensors"), out / "patch" / "adapter_model.bin")
    shutil.copy(base / "config.json", out / "new")
    tensors = sorted(load_file(base / "model.safetensors").items())
    halves = [tensors[: len(tensors) // 2], tensors[len(tensors) // 2:]]
    names = {}
    for number, half in enumerate(halves, 1):
        file = f"pytorch_model-{number:05}-of-00002.bin"
        torch.save(OrderedDict(half), out / "new" / file, _use_new_zipfile_serialization=number == 1)
        names |= {name: file for name, _ in half}
    size = sum(tensor.numel() * tensor.element_size() for _, tensor in tensors)
    index = {"metadata": {"total_size": size}, "weight_map": dict(sorted(names.items()))}
    (out / "new" / "pytorch_model.bin.index.json").write_text(json.dumps(index, indent=2) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
