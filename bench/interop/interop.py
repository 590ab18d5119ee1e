"""Opens what portllm wrote with the tools that people will open it with, and compares numbers (development only).

    python interop.py WORK

WORK holds, made by interop.ts: checkpoint/, adapter/, kind.yaml, kind.test.jsonl, ours/checkpoint/ and ours/adapter/
(results), base (the new base's path), patch (the patch's), and llama.cpp/ where its sources could be had. Prints JSON.
"""
import importlib.metadata
import json
import subprocess
import sys
from pathlib import Path

import torch
from lm_eval import simple_evaluate
from lm_eval import utils as lm_eval_utils
from lm_eval.models.huggingface import HFLM
from lm_eval.tasks import TaskManager
from peft import PeftModel
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM, AutoTokenizer

WORK = Path(sys.argv[1]).resolve()
BASE, PATCH = (Path((WORK / name).read_text().strip()) for name in ("base", "patch"))
CHECKPOINT, ADAPTER = str(WORK / "checkpoint"), str(WORK / "adapter")
TEXTS = [json.loads(line)["context"] for line in (WORK / "kind.test.jsonl").read_text().splitlines()[:32]]


def load(path):
    model, info = AutoModelForCausalLM.from_pretrained(path, dtype=torch.float32, output_loading_info=True)
    wrong = {name: sorted(map(str, keys)) for name, keys in info.items() if keys}
    return model.eval(), wrong


def logits(model, tokenizer):
    with torch.no_grad():
        return [model(**tokenizer(text, return_tensors="pt")).logits[0, -1] for text in TEXTS]


def largest(a, b):
    return max((x - y).abs().max().item() for x, y in zip(a, b))


def in_transformers_and_peft():
    tokenizer = AutoTokenizer.from_pretrained(CHECKPOINT)
    model, wrong = load(CHECKPOINT)
    base, _ = load(BASE)
    ported = logits(PeftModel.from_pretrained(base, ADAPTER).eval(), tokenizer)
    base, _ = load(BASE)
    original = logits(PeftModel.from_pretrained(base, str(PATCH)).eval(), tokenizer)
    base = AutoModelForCausalLM.from_pretrained(BASE, dtype=torch.bfloat16)
    merged = PeftModel.from_pretrained(base, str(PATCH)).merge_and_unload().state_dict()
    ours = AutoModelForCausalLM.from_pretrained(CHECKPOINT, dtype=torch.bfloat16).state_dict()
    differing = sum((merged[name] != tensor).sum().item() for name, tensor in ours.items())
    return {
        "missing_or_unexpected": wrong,
        "checkpoint_elements_unlike_pefts_merge": differing,
        "elements": sum(tensor.numel() for tensor in ours.values()),
        "adapter_against_the_patch_on_the_new_base": largest(ported, original),
        "checkpoint_against_adapter": largest(logits(model, tokenizer), ported),
        "largest_logit": max(x.abs().max().item() for x in original),
    }


def scores(**arguments):
    manager = TaskManager(include_path=str(WORK), include_defaults=False)
    model = HFLM(dtype="float32", device="cpu", batch_size=16, **arguments)
    result = simple_evaluate(model=model, tasks=["kind"], task_manager=manager, log_samples=True, bootstrap_iters=0)
    return [sample["acc"] for sample in result["samples"]["kind"]]


def our_files(folder):
    names = [str(path) for path in sorted(folder.rglob("*")) if path.is_file()]
    results = lm_eval_utils.get_latest_filename(lm_eval_utils.get_results_filenames(names))
    samples = lm_eval_utils.get_sample_results_filenames(names)
    assert [lm_eval_utils.get_file_task_name(name) for name in samples] == ["kind"], samples
    table = lm_eval_utils.make_table(json.loads(Path(results).read_text()))
    rows = [json.loads(line) for line in Path(samples[0]).read_text().splitlines()]
    return table, [row["acc"] for row in sorted(rows, key=lambda row: row["doc_id"])]


def in_lm_eval():
    found = {}
    for name, arguments in (("checkpoint", {"pretrained": CHECKPOINT}), ("adapter", {"pretrained": str(BASE), "peft": ADAPTER})):
        table, ours = our_files(WORK / "ours" / name)
        theirs = scores(**arguments)
        found[name] = {
            "items": len(theirs),
            "accuracy_of_lm_eval": sum(theirs) / len(theirs),
            "accuracy_of_ours": sum(ours) / len(ours),
            "items_that_differ": sum(a != b for a, b in zip(theirs, ours, strict=True)),
            "table_of_lm_eval": table,
        }
    return found


def in_llama_cpp():
    source = WORK / "llama.cpp"
    if not source.exists():
        return None
    out = WORK / "adapter.gguf"
    command = [sys.executable, str(source / "convert_lora_to_gguf.py"), ADAPTER, "--base", str(BASE), "--outfile", str(out), "--outtype", "f32"]
    subprocess.run(command, check=True, capture_output=True)
    sys.path.insert(0, str(source / "gguf-py"))
    from gguf import GGUFReader

    tensors = {tensor.name: torch.tensor(tensor.data.copy()) for tensor in GGUFReader(out).tensors}
    adapter = load_file(WORK / "adapter" / "adapter_model.safetensors")
    # It turns the rows of query and key projections round; norms and the multiset of values stay.
    ours = sorted(round(tensor.float().norm().item(), 4) for tensor in adapter.values())
    theirs = sorted(round(tensor.float().norm().item(), 4) for tensor in tensors.values())
    return {"tensors": len(tensors), "of_the_adapter": len(adapter), "norms_are_the_same": ours == theirs}


VERSIONS = {name: importlib.metadata.version(name) for name in ("torch", "transformers", "peft", "lm_eval", "safetensors")}
print(json.dumps({"versions": VERSIONS, "loading": in_transformers_and_peft(), "lm_eval": in_lm_eval(), "llama_cpp": in_llama_cpp()}))
