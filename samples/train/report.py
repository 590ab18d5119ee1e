"""Measures the samples with transformers + peft and writes samples/README.md."""

import json
import math
from pathlib import Path

import torch
from peft import PeftModel
from transformers import AutoTokenizer

import tasks
from evaluate import accuracy
from model import load

ARMS = ["old base", "old base + patch", "new base", "new base + patch (the port)", "new base + retrained patch"]


def measure(out: Path, old: str, new: str, task: str) -> dict[str, tuple[float, float]]:
    models, patch, retrained = out / "models", out / "patches" / task, out / "reference" / f"{task}-retrained"
    tokenizer = AutoTokenizer.from_pretrained(models / old)
    items = tasks.split(task)["test"]
    setups = [(old, None), (old, patch), (new, None), (new, patch), (new, retrained)]
    result = {}
    for arm, (base, adapter) in zip(ARMS, setups):
        model = load(models / base)
        if adapter is not None:
            model = PeftModel.from_pretrained(model, adapter)
        result[arm] = accuracy(model, tokenizer, items)
        print(task, arm, result[arm], flush=True)
    return result


def norms(out: Path, old: str, new: str, task: str) -> dict[str, float]:
    """Frobenius norms over the matrices that the patch touches."""
    first, second = (dict(load(out / "models" / name).named_parameters()) for name in (old, new))
    patched = PeftModel.from_pretrained(load(out / "models" / old), out / "patches" / task).merge_and_unload()
    weight = delta = evolution = 0.0
    for name, value in patched.named_parameters():
        change = (value - first[name]).detach()
        if change.count_nonzero() == 0:
            continue
        weight += first[name].square().sum().item()
        delta += change.square().sum().item()
        evolution += (second[name] - first[name]).square().sum().item()
    return {"weight": math.sqrt(weight), "delta": math.sqrt(delta), "evolution": math.sqrt(evolution)}


def percent(value: tuple[float, float]) -> str:
    return f"{100 * value[0]:.1f} ± {100 * value[1]:.1f}"


def write_report(out: Path, work: Path, old: str, new: str, names: list[str]) -> None:
    measured = {task: measure(out, old, new, task) for task in names}
    sizes = {task: norms(out, old, new, task) for task in names}
    (work / "measured.json").write_text(json.dumps({"accuracy": measured, "norms": sizes}, indent=2))
    lines = ["| | " + " | ".join(names) + " |", "|---|" + "---|" * len(names)]
    lines += [f"| {arm} | " + " | ".join(percent(measured[task][arm]) for task in names) + " |" for arm in ARMS]
    recovery = []
    for task in names:
        base, port, retrained = (measured[task][arm][0] for arm in ARMS[2:])
        recovery.append(f"{(port - base) / (retrained - base):.2f}")
    lines.append("| recovery (port − new base) / (retrained − new base) | " + " | ".join(recovery) + " |")
    lines += ["", "| over the matrices a patch touches | " + " | ".join(names) + " |", "|---|" + "---|" * len(names)]
    for label, key in (("‖W‖", "weight"), ("‖Δ‖ (patch)", "delta"), ("‖S‖ (evolution)", "evolution")):
        lines.append(f"| {label} | " + " | ".join(f"{sizes[task][key]:.2f}" for task in names) + " |")
    for label, key in (("‖Δ‖/‖W‖", "delta"), ("‖S‖/‖W‖", "evolution")):
        lines.append(f"| {label} | " + " | ".join(f"{sizes[task][key] / sizes[task]['weight']:.3f}" for task in names) + " |")
    perplexity = json.loads((work / "perplexity.json").read_text())
    lines += ["", "| perplexity (per token, held-out end) | text 1 | text 2 |", "|---|---|---|"]
    lines += [f"| {name} | {row['text 1']:.1f} | {row['text 2']:.1f} |" for name, row in perplexity.items()]
    template = (Path(__file__).parent / "README.template.md").read_text(encoding="utf-8")
    (out / "README.md").write_text(template.replace("{{numbers}}", "\n".join(lines)), encoding="utf-8")
