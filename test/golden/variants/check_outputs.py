"""Loads the adapters that portllm writes for every variant in peft, and compares them with its checkpoints (development only).

    npm run build && python test/golden/variants/check_outputs.py [CASE…]

Both outputs are made from the same patch onto the new base. The adapter, unmerged on the new base, must compute what the
checkpoint computes: the largest difference of the logits is printed as a part of what the patch changes. Exits with 1 if
one is above the bound. Cases that make no adapter are listed with the reason that portllm gives.
"""

import json
import re
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

import torch
import transformers
from peft import PeftModel

ROOT = Path(__file__).resolve().parents[3]
CASES = ROOT / "test" / "golden" / "variants" / "cases"
BOUND = 1e-4
BOUND_16_BIT = 5e-2  # the checkpoint is rounded to its dtype, the adapter's sum is not
IDS = torch.tensor([[1, 17, 41, 33, 9, 5, 50, 3], [2, 8, 8, 27, 60, 49, 3, 61]])
PIXELS = torch.linspace(-1, 1, 2 * 3 * 32 * 32).reshape(2, 3, 32, 32)


def load(folder: Path) -> torch.nn.Module:
    config = json.loads((folder / "config.json").read_text())
    return getattr(transformers, config["architectures"][0]).from_pretrained(folder, dtype=torch.float32).eval()


def logits(model: torch.nn.Module) -> torch.Tensor:
    name = type(getattr(model, "base_model", model)).__name__ + type(getattr(model, "get_base_model", lambda: model)()).__name__
    inputs = dict(pixel_values=PIXELS) if "Net" in name else dict(input_ids=IDS)
    with torch.no_grad():
        return model.eval()(**inputs).logits.double()


def port(case: Path, facts: dict, out: Path, kind: str) -> str | None:
    bases = CASES / "bases"
    command = ["node", str(ROOT / "dist" / "cli.js"), "port", str(case / "patch"), "--onto", str(bases / facts["new"]), "--out",
               str(out), "--as", kind, "--device", "cpu"] + (["--from", str(bases / facts["old"])] if facts["needsOldBase"] else [])
    done = subprocess.run(command, capture_output=True, text=True)
    return None if done.returncode == 0 else re.sub(r"\s+", " ", done.stderr)[:200]


def main() -> int:
    failed = 0
    for case in sorted(path for path in CASES.iterdir() if (path / "case.json").exists()):
        facts = json.loads((case / "case.json").read_text())
        if facts["refused"] or (len(sys.argv) > 1 and case.name not in sys.argv[1:]):
            continue
        with tempfile.TemporaryDirectory() as scratch:
            out = Path(scratch)
            refusal = port(case, facts, out / "c", "checkpoint") or port(case, facts, out / "a", "adapter")
            if refusal:
                print(f"{case.name:32} {refusal}", flush=True)
                continue
            new = CASES / "bases" / facts["new"]
            plain, checkpoint = logits(load(new)), logits(load(out / "c"))
            adapter = logits(PeftModel.from_pretrained(load(new), out / "a"))
            effect = (checkpoint - plain).abs().max().item()
            assert effect > 0 or "unchanged" in case.name, "the patch changes nothing"
            error = (adapter - checkpoint).abs().max().item() / max(effect, 1e-30)
            narrow = json.loads((new / "config.json").read_text()).get("dtype") in ("bfloat16", "float16")
            bound = BOUND_16_BIT if narrow else BOUND
            failed += not error <= bound
            print(f"{case.name:32} {error:.1e}{'   <<<' if not error <= bound else ''}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    warnings.filterwarnings("ignore")
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    torch.set_num_threads(1)
    sys.exit(main())
