"""The losses of `probe` by transformers and PEFT, item by item.

    python make_probe.py OUT.json                         # test/golden/diagnostics/probe.json, then prettier --write

Made with peft 0.21.2, transformers 5.23.0, torch 2.15.0, in float32 on the CPU. Bases are blended tensor by tensor
(torch.lerp of the whole state dicts, widened to float32); the patch lies beside them as PEFT loads it, its scaling multiplied
with λ. The loss is −Σ log softmax of the gold choice's tokens; the context is what the tokenizer makes of it alone.
"""

import json
import os
import sys
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"
sys.dont_write_bytecode = True

import torch
from peft import PeftModel
from peft.tuners.lora import LoraLayer
from transformers import AutoModelForCausalLM, AutoTokenizer

SAMPLES = Path(__file__).resolve().parents[3] / "samples"
OLD, NEW = SAMPLES / "models/storyteller-v1", SAMPLES / "models/storyteller-v2"
PATCH, TASK = SAMPLES / "patches/kind", SAMPLES / "tasks/kind.test.jsonl"
LIMIT = 10
BLENDS = [0, 0.25, 0.5, 0.75, 1]
SCALES = [0, 0.25, 0.5, 0.75, 1, 1.25]


def base(folder):
    return AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)


def blended(t):
    model, old, new = base(NEW), base(OLD).state_dict(), base(NEW).state_dict()
    model.load_state_dict({name: torch.lerp(old[name], new[name], t) for name in new})
    return model


def patched(model, scale):
    model = PeftModel.from_pretrained(model, PATCH)
    for module in model.modules():
        if isinstance(module, LoraLayer):
            module.scaling = {name: scale * value for name, value in module.scaling.items()}
    return model.eval()


@torch.no_grad()
def losses(model, tokenizer, items):
    values = []
    for item in items:
        context = tokenizer(item["context"])["input_ids"]
        whole = tokenizer(item["context"] + item["choices"][item["gold"]])["input_ids"]
        assert whole[: len(context)] == context
        logits = torch.log_softmax(model(input_ids=torch.tensor([whole])).logits[0].double(), dim=-1)
        values.append(-sum(logits[place - 1, whole[place]].item() for place in range(len(context), len(whole))))
    return values


if __name__ == "__main__":
    items = [json.loads(line) for line in TASK.read_text().splitlines()[:LIMIT]]
    tokenizer = AutoTokenizer.from_pretrained(NEW)
    of = lambda model: [round(value, 7) for value in losses(model, tokenizer, items)]
    result = {
        "limit": LIMIT,
        "blend": {str(t): of(patched(blended(t), 1)) for t in BLENDS},
        "scales": {str(scale): of(patched(base(NEW), scale)) for scale in SCALES},
    }
    Path(sys.argv[1]).write_text(json.dumps(result, indent=1) + "\n")
    print({key: [round(sum(own) / LIMIT, 4) for own in result[key].values()] for key in ("blend", "scales")})
