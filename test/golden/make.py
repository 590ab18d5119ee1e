"""Makes the golden cases: small random checkpoints, PEFT adapters, and what PEFT itself merges and computes.

    python make.py OUT_FOLDER [CASE…]        # writes test/golden/cases when OUT_FOLDER is that

Reference: peft's default merge (`merge_and_unload`, no safe_merge) and transformers' logits, versions in versions.json.
Every case is a folder: new/ (the base ported onto), patch/ (the adapter), merged.safetensors (only the tensors that the
merge changed), logits.json (inputs, and the float32 logits of new + patch, unmerged and merged).
"""

import json
import shutil
import sys
from pathlib import Path

import peft
import torch
import transformers
from peft import LoraConfig, PeftModel, get_peft_model
from safetensors.torch import save_file
from transformers import AutoModelForCausalLM, GPT2Config, GPT2LMHeadModel, LlamaConfig, LlamaForCausalLM

SEED = 7
ATTENTION = ["q_proj", "k_proj", "v_proj", "o_proj"]
MLP = ["gate_proj", "up_proj", "down_proj"]


def llama(tied: bool = False) -> LlamaForCausalLM:
    return LlamaForCausalLM(LlamaConfig(
        vocab_size=256, hidden_size=64, intermediate_size=176, num_hidden_layers=2, num_attention_heads=4,
        num_key_value_heads=2, max_position_embeddings=64, tie_word_embeddings=tied, bos_token_id=0, eos_token_id=1))


def gpt2() -> GPT2LMHeadModel:
    return GPT2LMHeadModel(GPT2Config(vocab_size=256, n_positions=64, n_embd=64, n_layer=2, n_head=4, bos_token_id=0, eos_token_id=1))


CASES = {
    # name: (model, dtype, shard size, LoraConfig, save_pretrained options)
    "llama-bf16": (llama, torch.bfloat16, "50MB", dict(r=8, lora_alpha=16, target_modules=ATTENTION + MLP), {}),
    "llama-f16-sharded": (llama, torch.float16, "60KB", dict(r=4, lora_alpha=32, target_modules=ATTENTION + MLP), {}),
    "llama-f32": (llama, torch.float32, "50MB", dict(r=8, lora_alpha=16, target_modules=["q_proj", "v_proj"]), {}),
    "patterns-rslora": (llama, torch.bfloat16, "50MB", dict(
        r=8, lora_alpha=16, use_rslora=True, target_modules=ATTENTION + MLP,
        rank_pattern={"down_proj": 3, r"layers\.1\.self_attn\.q_proj": 5},
        alpha_pattern={"self_attn.k_proj": 7, r"layers\.0\.mlp\.(up|gate)_proj": 24}), {}),
    # float32: in 16 bits PEFT 0.21.2 rounds an embedding's delta before it adds it (Embedding.merge), twice in all.
    "embedding": (llama, torch.float32, "50MB", dict(r=4, lora_alpha=8, target_modules=["embed_tokens", "q_proj"]),
                  dict(save_embedding_layers=False)),
    "lm-head": (llama, torch.bfloat16, "50MB", dict(r=4, lora_alpha=8, target_modules=["lm_head", "o_proj"]),
                dict(save_embedding_layers=False)),
    "gpt2-fan-in-fan-out": (gpt2, torch.float16, "50MB", dict(
        r=8, lora_alpha=16, fan_in_fan_out=True, target_modules=["c_attn", "c_proj", "c_fc"]), {}),
}


def randomise(model: PeftModel) -> None:
    """A trained adapter's sizes: |Δ| around a hundredth of |W|, and nothing zero."""
    for name, parameter in model.named_parameters():
        if "lora_" in name:
            parameter.data.normal_(0, 0.08)


def make(name: str, out: Path) -> None:
    build, dtype, shard, config, options = CASES[name]
    folder = out / name
    shutil.rmtree(folder, ignore_errors=True)
    torch.manual_seed(SEED)
    build().to(dtype).save_pretrained(folder / "old-unused")
    new = build().to(dtype)
    new.save_pretrained(folder / "new", max_shard_size=shard)
    patched = get_peft_model(
        AutoModelForCausalLM.from_pretrained(folder / "old-unused", dtype=dtype), LoraConfig(task_type="CAUSAL_LM", **config))
    randomise(patched)
    patched.peft_config["default"].base_model_name_or_path = "golden/old"
    patched.save_pretrained(folder / "patch", **options)
    (folder / "patch" / "README.md").unlink(missing_ok=True)
    shutil.rmtree(folder / "old-unused")
    save_reference(folder, dtype)


def save_reference(folder: Path, dtype: torch.dtype) -> None:
    before = AutoModelForCausalLM.from_pretrained(folder / "new", dtype=dtype).state_dict()
    model = PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(folder / "new", dtype=dtype), folder / "patch")
    merged = model.merge_and_unload()
    after = merged.state_dict()
    changed = {key: value.contiguous() for key, value in after.items() if not torch.equal(value, before[key])}
    save_file(changed, folder / "merged.safetensors", metadata={"format": "pt"})
    ids = torch.tensor([[0, 17, 201, 33, 90, 5, 140, 255], [0, 8, 8, 77, 250, 199, 3, 64]])
    wide = PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(folder / "new", dtype=torch.float32), folder / "patch")
    with torch.no_grad():
        unmerged = wide.eval()(input_ids=ids).logits[:, -1]
        merged_logits = merged.to(torch.float32).eval()(input_ids=ids).logits[:, -1]
    rounded = lambda rows: [[round(value, 6) for value in row] for row in rows.tolist()]
    (folder / "logits.json").write_text(json.dumps(
        {"input_ids": ids.tolist(), "last_logits_unmerged": rounded(unmerged), "last_logits_merged": rounded(merged_logits)}))


if __name__ == "__main__":
    target = Path(sys.argv[1])
    for case in sys.argv[2:] or CASES:
        make(case, target)
        print(case)
    versions = {"torch": torch.__version__.split("+")[0], "transformers": transformers.__version__, "peft": peft.__version__}
    (target / "versions.json").write_text(json.dumps(versions, indent=2) + "\n")
