"""Trains the sample library from nothing: two base versions, the patches, the retrained references, and the README.

    python -m venv .venv && .venv/bin/pip install -r requirements.txt
    .venv/bin/python train.py --text FOLDER --out ..        # FOLDER holds gutenberg/*.txt and state_union.zip

Everything is seeded. The weights are float32 in training and stored in bf16; patches are trained on the stored weights.
"""

import argparse
import json
import shutil
from pathlib import Path

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from transformers import AutoModelForCausalLM, AutoTokenizer, LlamaForCausalLM

import tasks
import text
from model import encode, load, make_config, make_tokenizer, perplexity, pretrain, save
from report import write_report

SEED = 20261122
OLD, NEW = "storyteller-v1", "storyteller-v2"
ALL_LINEAR = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
# Two shapes of adapter that people have: plain LoRA on every linear, and rsLoRA with patterns on attention and down_proj.
PATCHES = {
    "mood": dict(r=8, lora_alpha=16, target_modules=ALL_LINEAR),
    "kind": dict(r=8, lora_alpha=16, use_rslora=True, target_modules=["q_proj", "k_proj", "v_proj", "o_proj", "down_proj"],
                 rank_pattern={"down_proj": 4}, alpha_pattern={"down_proj": 8}),
}


def train_bases(args: argparse.Namespace) -> None:
    torch.manual_seed(SEED)
    first, second = text.version_1(args.text), text.version_2(args.text)
    tokenizer = make_tokenizer(first)
    model = LlamaForCausalLM(make_config())
    tokens = encode(tokenizer, first)
    print(f"version 1: {len(tokens):,} tokens, {sum(p.numel() for p in model.parameters()):,} parameters", flush=True)
    pretrain(model, tokens, args.steps_old, 3e-3, SEED, label="v1")
    save(model, tokenizer, args.out / "models" / OLD, "50MB")
    model = load(args.out / "models" / OLD)
    tokens_2 = encode(tokenizer, second)
    print(f"version 2: {len(tokens_2):,} tokens", flush=True)
    pretrain(model, tokens_2, args.steps_new, args.rate_new, SEED + 1, label="v2")
    save(model, tokenizer, args.out / "models" / NEW, "1MB")
    old, new = load(args.out / "models" / OLD), load(args.out / "models" / NEW)
    table = {name: {"text 1": perplexity(m, tokens), "text 2": perplexity(m, tokens_2)} for name, m in ((OLD, old), (NEW, new))}
    (args.work / "perplexity.json").write_text(json.dumps(table, indent=2))


def train_patch(task: str, base: Path, base_name: str, folder: Path, tokenizer, seed: int) -> None:
    """LoRA by PEFT; the loss is taken on the answer's tokens alone."""
    torch.manual_seed(seed)
    items = tasks.split(task)["train"]
    model = get_peft_model(load(base), LoraConfig(task_type="CAUSAL_LM", lora_dropout=0.0, **PATCHES[task]))
    optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=2e-3, weight_decay=0.01)
    generator = torch.Generator().manual_seed(seed)
    steps, batch = 2 * len(items) // 32, 32
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: min(1.0, (step + 1) / 20) * (1 - step / steps))
    model.train()
    for step in range(steps):
        if step % (steps // 2) == 0:
            order = torch.randperm(len(items), generator=generator)
        chosen = [items[i] for i in order[(step * batch) % len(items) :][:batch]]
        rows, labels = [], []
        for item in chosen:
            context = tokenizer(item["context"])["input_ids"]
            whole = tokenizer(item["context"] + item["choices"][item["gold"]])["input_ids"]
            rows.append(whole)
            labels.append([-100] * len(context) + whole[len(context) :])
        width = max(map(len, rows))
        ids = torch.tensor([row + [1] * (width - len(row)) for row in rows])
        target = torch.tensor([row + [-100] * (width - len(row)) for row in labels])
        loss = model(input_ids=ids, labels=target).loss
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        schedule.step()
        if step % 50 == 0 or step == steps - 1:
            print(f"{folder.name} step {step}/{steps} loss {loss.item():.3f}", flush=True)
    config = model.peft_config["default"]
    config.base_model_name_or_path = f"portllm/{base_name}"
    model.save_pretrained(folder)
    (folder / "README.md").unlink(missing_ok=True)


def train_patches(args: argparse.Namespace) -> None:
    tokenizer = AutoTokenizer.from_pretrained(args.out / "models" / OLD)
    for task in PATCHES:
        train_patch(task, args.out / "models" / OLD, OLD, args.out / "patches" / task, tokenizer, SEED + 2)
        train_patch(task, args.out / "models" / NEW, NEW, args.out / "reference" / f"{task}-retrained", tokenizer, SEED + 3)


def check_loads(out: Path) -> None:
    """Every file loads in transformers and peft as their users would load it."""
    for folder in sorted((out / "models").iterdir()):
        AutoTokenizer.from_pretrained(folder)
        AutoModelForCausalLM.from_pretrained(folder)
    for base, group in ((OLD, "patches"), (NEW, "reference")):
        for folder in sorted((out / group).iterdir()):
            PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(out / "models" / base), folder)
    print("every sample file loads", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--text", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--work", type=Path, default=Path("work"), help="measurements kept between stages")
    parser.add_argument("--stages", nargs="+", default=["bases", "patches", "report"])
    parser.add_argument("--steps-old", type=int, default=1000)
    parser.add_argument("--steps-new", type=int, default=300)
    parser.add_argument("--rate-new", type=float, default=4e-4)
    args = parser.parse_args()
    args.work.mkdir(parents=True, exist_ok=True)
    tasks.write(args.out / "tasks")
    if "bases" in args.stages:
        shutil.rmtree(args.out / "models", ignore_errors=True)
        train_bases(args)
    if "patches" in args.stages:
        for group in ("patches", "reference"):
            shutil.rmtree(args.out / group, ignore_errors=True)
        train_patches(args)
    if "report" in args.stages:
        write_report(args.out, args.work, OLD, NEW, list(PATCHES))
    check_loads(args.out)


if __name__ == "__main__":
    main()
