"""PEFT adapters on the cases, and the float32 logits with them active and unmerged.

expected.safetensors of a patch, all [2, 24, vocabulary] on the case's input_ids:
  logits             every adapter at its own strength
  logits_half        PEFT's `scaling` of every adapter times 0.5; what modules_to_save saved stays whole, as PEFT has it
  logits_difference  only with modules_to_save: scaling times 0.5, and W + 0.5 (W_saved - W) for what was saved
  logits_mixed       only with two adapters: the first at 1, the second at 0.5
  logits_exported    where asked for: merged by merge_and_unload in the case's dtype, saved, and loaded as float32
"""

import json
import math
import shutil
import tempfile
import warnings
import zlib
from dataclasses import dataclass
from pathlib import Path

import torch
from files import write_json
from golden import Json, load, logits_of
from peft import LoraConfig, PeftModel, get_peft_model
from peft.tuners.lora import LoraLayer
from peft.utils import ModulesToSaveWrapper
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM

ATTENTION = ["q_proj", "k_proj", "v_proj", "o_proj"]
LINEARS = [*ATTENTION, "gate_proj", "up_proj", "down_proj"]
CHANGE = 0.05  # the standard deviation of a delta, where that of a weight is about 0.2
SHOWS = 0.05  # what each number of a patch moves some logit by, at the least


@dataclass
class Patch:
    case: str
    config: Json
    what: str
    dtype: torch.dtype = torch.float32
    exported: bool = False


PATCHES = {
    "llama-bf16-lora": Patch(
        "llama-bf16", dict(r=8, lora_alpha=16, target_modules=LINEARS), "all linears, tied base", exported=True),
    "llama-bf16-attention": Patch(
        "llama-bf16", dict(r=4, lora_alpha=16, target_modules=["q_proj", "v_proj"]), "another on the same base"),
    "llama2-f32-rslora-patterns": Patch("llama2-f32", dict(
        r=4, lora_alpha=16, use_rslora=True, target_modules=LINEARS,
        rank_pattern={"down_proj": 6, r"layers\.1\.self_attn\.q_proj": 5},
        alpha_pattern={"self_attn.k_proj": 7, r"layers\.0\.mlp\.(up|gate)_proj": 24}), "rsLoRA, rank_pattern, alpha_pattern"),
    "llama2-f32-embedding": Patch(
        "llama2-f32", dict(r=4, lora_alpha=16, target_modules=["embed_tokens", "lm_head", "q_proj"]),
        "factors of the embedding and the untied head"),
    "llama2-f32-saved": Patch(
        "llama2-f32", dict(r=4, lora_alpha=16, target_modules=ATTENTION, modules_to_save=["lm_head", "model.norm"]),
        "a head and a norm in modules_to_save"),
    "gemma2-lora": Patch(
        "gemma2", dict(r=4, lora_alpha=16, target_modules=LINEARS), "all linears, saved as BF16", dtype=torch.bfloat16),
    "qwen2-dora": Patch(
        "qwen2", dict(r=4, lora_alpha=16, use_dora=True, target_modules=LINEARS), "DoRA on linears with and without bias"),
    "phi3-lora": Patch(
        "phi3", dict(r=4, lora_alpha=16, target_modules=["qkv_proj", "o_proj", "gate_up_proj", "down_proj"]), "fused linears"),
}
TOGETHER = {"llama-bf16-two": ["llama-bf16-lora", "llama-bf16-attention"]}


def make_patch(name: str, patch: Patch, cases: Path, folder: Path) -> Json:
    shutil.rmtree(folder, ignore_errors=True)
    torch.manual_seed(zlib.crc32(name.encode()))
    model = get_peft_model(load(cases / patch.case), LoraConfig(task_type="CAUSAL_LM", **patch.config))
    randomise(model)
    model.save_pretrained(folder, save_embedding_layers=False)
    (folder / "README.md").unlink(missing_ok=True)
    tidy(folder, patch)
    tensors = expected(patch.case, cases, [folder])
    if patch.exported:
        tensors["logits_exported"] = exported(cases / patch.case, folder, tensors_of(cases / patch.case)["input_ids"])
    save(name, folder, tensors)
    return {"case": patch.case, "adapters": [name], "what": patch.what, "expected": sorted(tensors)}


def make_together(name: str, parts: list[str], cases: Path, patches: Path) -> Json:
    shutil.rmtree(patches / name, ignore_errors=True)
    (patches / name).mkdir(parents=True)
    case = PATCHES[parts[0]].case
    tensors = expected(case, cases, [patches / part for part in parts])
    save(name, patches / name, tensors)
    return {"case": case, "adapters": parts, "what": "two adapters active at once", "expected": sorted(tensors)}


def randomise(model: PeftModel) -> None:
    """Factors whose product has the wanted size whatever rank and scaling are; nothing zero, nothing as initialised."""
    for module in model.modules():
        if isinstance(module, LoraLayer):
            scaling, rank = module.scaling["default"], module.r["default"]
            for key, parameter in module.named_parameters():
                if "lora_magnitude" in key:
                    parameter.data.mul_(1 + 0.15 * torch.randn_like(parameter))
                elif "lora_" in key:
                    parameter.data.normal_(0, math.sqrt(CHANGE / (scaling * math.sqrt(rank))))
        if isinstance(module, ModulesToSaveWrapper):
            for parameter in module.modules_to_save.parameters():
                parameter.data.add_(0.2 * torch.randn_like(parameter))


def tidy(folder: Path, patch: Patch) -> None:
    """Lists that are sets in PEFT come sorted, the base has no machine's path, and tensors get the file's dtype."""
    config = json.loads((folder / "adapter_config.json").read_text()) | {"base_model_name_or_path": f"golden/{patch.case}"}
    write_json(folder / "adapter_config.json", {
        key: sorted(value) if key in ("target_modules", "modules_to_save") and value else value for key, value in config.items()})
    weights = folder / "adapter_model.safetensors"
    save_file({key: tensor.to(patch.dtype) for key, tensor in load_file(weights).items()}, weights, {"format": "pt"})


def tensors_of(folder: Path) -> dict[str, torch.Tensor]:
    return load_file(folder / "expected.safetensors")


def open_adapters(base, folders: list[Path]) -> PeftModel:
    with warnings.catch_warnings():
        warnings.filterwarnings("error", message=".*missing adapter keys.*")
        model = PeftModel.from_pretrained(base, folders[0], adapter_name="0")
        for number, folder in enumerate(folders[1:], 1):
            model.load_adapter(folder, adapter_name=str(number))
    model.base_model.set_adapter([str(number) for number in range(len(folders))])
    return model.eval()


def scale(model: PeftModel, factors: list[float]) -> None:
    for module in model.modules():
        if isinstance(module, LoraLayer):
            for number, factor in enumerate(factors):
                module.set_scale(str(number), factor)


def expected(case: str, cases: Path, folders: list[Path]) -> dict[str, torch.Tensor]:
    golden = tensors_of(cases / case)
    ids = golden["input_ids"]
    model = open_adapters(load(cases / case), folders)
    strengths = {"logits": [1.0] * len(folders), "logits_half": [0.5] * len(folders)}
    if len(folders) == 2:
        strengths["logits_mixed"] = [1.0, 0.5]
    result = {}
    for key, factors in strengths.items():
        scale(model, factors)
        result[key] = logits_of(model, ids)
    wrappers = [module for module in model.modules() if isinstance(module, ModulesToSaveWrapper)]
    if wrappers:
        scale(model, [0.5])
        for wrapper in wrappers:
            pairs = zip(wrapper.modules_to_save["0"].parameters(), wrapper.original_module.parameters(), strict=True)
            for saved, original in pairs:
                saved.data = original.data + 0.5 * (saved.data - original.data)
        result["logits_difference"] = logits_of(model, ids)
    distinct = [golden["logits"], *result.values()]
    for number, one in enumerate(distinct):
        assert all((one - two).abs().max() > SHOWS for two in distinct[:number]), (folders, number)
    return {key: tensor.contiguous() for key, tensor in result.items()}


def exported(base: Path, adapter: Path, ids: torch.Tensor) -> torch.Tensor:
    with tempfile.TemporaryDirectory() as merged:
        model = open_adapters(AutoModelForCausalLM.from_pretrained(base, dtype="auto"), [adapter])
        model.merge_and_unload().save_pretrained(merged)
        return logits_of(load(Path(merged)), ids).contiguous()


def save(name: str, folder: Path, tensors: dict[str, torch.Tensor]) -> None:
    save_file(tensors, folder / "expected.safetensors")
    for path in folder.iterdir():
        path.chmod(0o644)
    size = sum(path.stat().st_size for path in folder.iterdir()) / 1000
    print(f"{name:28} {size:6.1f} kB, {', '.join(sorted(tensors))}", flush=True)
