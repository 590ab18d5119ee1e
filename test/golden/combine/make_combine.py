"""Writes two LoRA patches and what peft's add_weighted_adapter and merge make of them (development only).

    python make_combine.py OUT_FOLDER        # writes test/golden/combine/case when OUT_FOLDER is that

patches a (rank 4, alpha 8) and b (rank 4, rsLoRA), and c (rank 2, other modules too) for cat; the base is
../variants/cases/bases/llama-new. expected.json: method → weights, density, file of the merged tensors.
DARE draws from torch's generator, which nothing else can repeat: it is left to tests of its properties.
"""

import json
import shutil
import sys
from pathlib import Path

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from safetensors.torch import save_file
from transformers import AutoModelForCausalLM

BASE = Path(__file__).resolve().parents[1] / "variants" / "cases" / "bases" / "llama-new"
PATCHES = {
    "a": dict(r=4, lora_alpha=8, target_modules=["q_proj", "v_proj"]),
    "b": dict(r=4, lora_alpha=8, use_rslora=True, target_modules=["q_proj", "v_proj"]),
    "c": dict(r=2, lora_alpha=2, target_modules=["q_proj", "down_proj"]),
}
METHODS = {
    "cat": (["a", "c"], [0.75, -0.5], 1),
    "linear": (["a", "b"], [0.75, 0.5], 1),
    "linear-negative": (["a", "b"], [1.0, -0.5], 1),
    "ties": (["a", "b"], [0.75, 0.5], 0.4),
    "magnitude_prune": (["a", "b"], [0.75, 0.5], 0.4),
}


def main(out: Path) -> None:
    shutil.rmtree(out, ignore_errors=True)
    torch.manual_seed(5)
    load = lambda: AutoModelForCausalLM.from_pretrained(BASE, dtype=torch.float32)
    for name, config in PATCHES.items():
        model = get_peft_model(load(), LoraConfig(task_type="CAUSAL_LM", **config))
        for key, parameter in model.named_parameters():
            if "lora_" in key:
                parameter.data.normal_(0, 0.1)
        model.peft_config["default"].base_model_name_or_path = "golden/llama-old"
        model.save_pretrained(out / name)
        (out / name / "README.md").unlink(missing_ok=True)
    expected = {}
    for method, (names, weights, density) in METHODS.items():
        model = PeftModel.from_pretrained(load(), out / names[0], adapter_name=names[0])
        model.load_adapter(out / names[1], adapter_name=names[1])
        model.add_weighted_adapter(names, weights, "both", combination_type=method.split("-")[0], density=density)
        model.set_adapter("both")
        before = load().state_dict()
        merged = model.merge_and_unload(adapter_names=["both"]).state_dict()
        changed = {key: value.contiguous() for key, value in merged.items() if not torch.equal(value, before[key])}
        save_file(changed, out / f"{method}.safetensors", metadata={"format": "pt"})
        expected[method] = {"patches": names, "weights": weights, "density": density, "combination": method.split("-")[0]}
    (out / "expected.json").write_text(json.dumps(expected, indent=2) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
