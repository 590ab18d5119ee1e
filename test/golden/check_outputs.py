"""Loads what portllm writes in transformers and peft, and compares logits with the reference (development only).

    npm run build && python test/golden/check_outputs.py

For every golden case: the checkpoint output in transformers against peft's merged model, the adapter output in peft
against peft on the source. Prints the largest difference; exits with 1 if one is above its bound.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import torch
from peft import AutoPeftModelForCausalLM
from transformers import AutoModelForCausalLM

ROOT = Path(__file__).resolve().parents[2]
CASES = ROOT / "test" / "golden" / "cases"
BOUND = 2e-6  # the golden logits are rounded to six digits


def port(case: Path, out: Path, kind: str) -> Path:
    subprocess.run(
        ["node", str(ROOT / "dist" / "cli.js"), "port", str(case / "patch"), "--onto", str(case / "new"), "--out", str(out),
         "--as", kind, "--device", "cpu"], check=True, capture_output=True)
    return out


def last_logits(model, ids: list[list[int]]) -> torch.Tensor:
    with torch.no_grad():
        return model.eval()(input_ids=torch.tensor(ids)).logits[:, -1].float()


def main() -> int:
    worst = 0.0
    for case in sorted(path for path in CASES.iterdir() if path.is_dir()):
        golden = json.loads((case / "logits.json").read_text())
        with tempfile.TemporaryDirectory() as folder:
            checkpoint = AutoModelForCausalLM.from_pretrained(port(case, Path(folder) / "c", "checkpoint"), dtype=torch.float32)
            adapter = AutoPeftModelForCausalLM.from_pretrained(port(case, Path(folder) / "a", "adapter"), dtype=torch.float32)
            for name, model, key in (("checkpoint", checkpoint, "last_logits_merged"), ("adapter", adapter, "last_logits_unmerged")):
                error = (last_logits(model, golden["input_ids"]) - torch.tensor(golden[key])).abs().max().item()
                worst = max(worst, error)
                print(f"{case.name:22} {name:10} largest difference {error:.1e}", flush=True)
    return 0 if worst <= BOUND else 1


if __name__ == "__main__":
    sys.exit(main())
