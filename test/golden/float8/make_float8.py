"""Writes a block-scaled FP8 base and what torch makes of a LoRA on it (development only).

    python make_float8.py OUT_FOLDER        # writes test/golden/float8/case when OUT_FOLDER is that

new/: ../variants/cases/bases/llama-new with its linears as F8_E4M3 in blocks of 16 × 16 and weight_scale_inv beside them, as
transformers' finegrained FP8 stores them. requantised.safetensors and bf16.safetensors: W = q · scale, W' = W + s · (B @ A) in
float32; the first quantises the patched ones anew (scale = largest / 448), the second rounds all of them to bf16.
codes.json: all 256 codes as torch reads them, and values that torch rounds.
The patch is ../variants/cases/layers-to-transform.
"""

import json
import shutil
import sys
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

VARIANTS = Path(__file__).resolve().parents[1] / "variants" / "cases"
BLOCK = 16
F8 = torch.float8_e4m3fn


def blocks(weight: torch.Tensor) -> torch.Tensor:
    """[rows, columns] → [down, BLOCK, across, BLOCK], zeros where a block reaches over the edge."""
    rows, columns = weight.shape
    down, across = -(-rows // BLOCK), -(-columns // BLOCK)
    padded = torch.zeros(down * BLOCK, across * BLOCK)
    padded[:rows, :columns] = weight
    return padded.view(down, BLOCK, across, BLOCK)


def quantise(weight: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    parts = blocks(weight)
    scale = parts.abs().amax(dim=(1, 3)) / 448
    scale = torch.where(scale == 0, 1.0, scale)
    codes = (parts / scale[:, None, :, None]).to(F8)
    rows, columns = weight.shape
    return codes.reshape(parts.shape[0] * BLOCK, -1)[:rows, :columns].contiguous(), scale


def dequantise(codes: torch.Tensor, scale: torch.Tensor) -> torch.Tensor:
    rows, columns = codes.shape
    wide = scale.repeat_interleave(BLOCK, 0).repeat_interleave(BLOCK, 1)[:rows, :columns]
    return codes.float() * wide


def main(out: Path) -> None:
    shutil.rmtree(out, ignore_errors=True)
    (out / "new").mkdir(parents=True)
    base = load_file(VARIANTS / "bases" / "llama-new" / "model.safetensors")
    stored = {}
    for name, weight in base.items():
        if ".layers." in name and weight.dim() == 2:
            stored[name], stored[f"{name}_scale_inv"] = quantise(weight)
        else:
            stored[name] = weight.to(torch.bfloat16)
    save_file(stored, out / "new" / "model.safetensors", metadata={"format": "pt"})
    config = json.loads((VARIANTS / "bases" / "llama-new" / "config.json").read_text())
    config["quantization_config"] = {
        "quant_method": "fp8", "fmt": "e4m3", "activation_scheme": "dynamic", "weight_block_size": [BLOCK, BLOCK]}
    (out / "new" / "config.json").write_text(json.dumps(config, indent=2) + "\n")
    patch = load_file(VARIANTS / "layers-to-transform" / "patch" / "adapter_model.safetensors")
    settings = json.loads((VARIANTS / "layers-to-transform" / "patch" / "adapter_config.json").read_text())
    requantised, rounded = {}, {}
    for name in [name for name in stored if f"{name}_scale_inv" in stored]:
        wide = dequantise(stored[name], stored[f"{name}_scale_inv"])
        key = "base_model.model." + name.removesuffix(".weight")
        if f"{key}.lora_A.weight" in patch:
            wide = wide + (patch[f"{key}.lora_B.weight"] @ patch[f"{key}.lora_A.weight"]) * (settings["lora_alpha"] / settings["r"])
            requantised[name], requantised[f"{name}_scale_inv"] = quantise(wide)
        rounded[name] = wide.to(torch.bfloat16)
    save_file(requantised, out / "requantised.safetensors")
    save_file(rounded, out / "bf16.safetensors")
    codes = torch.arange(256, dtype=torch.uint8).view(F8).float().tolist()
    torch.manual_seed(3)
    values = torch.cat([torch.randn(400) * 2.0 ** torch.randint(-12, 8, (400,)), torch.tensor([0.0, -0.0, 448.0, -448.0, 2.0**-9, 2.0**-10, 1.5 * 2.0**-9])])
    values = values.clamp(-448, 448)
    (out / "codes.json").write_text(json.dumps({
        "codes": [None if code != code else code for code in codes], "values": values.tolist(),
        "rounded": values.to(F8).view(torch.uint8).tolist()}) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
