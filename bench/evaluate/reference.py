"""lm-eval's own answers, item by item: prompts, token ids, log-likelihoods, texts and metrics.

    python reference.py MODEL DATA OUT --tasks boolq,sst2:500,gsm8k:20 [--limit 50] [--batch 1] [--few-shot K] [--threads 2] [--max-tokens N]

MODEL is a checkpoint folder; DATA what data.py wrote; a number behind a task is its own limit.
--max-tokens replaces max_gen_toks, which a short model has no room for. float32 on the CPU, backend hf of lm-eval 0.4.13.
OUT is a JSON file.
"""
import time

START = time.time()  # before the imports, which a command waits for

import argparse
import json
import os
import resource

import torch

from lm_eval.api.task import ConfigurableTask

from data import SPLITS


def parse():
    parser = argparse.ArgumentParser()
    parser.add_argument("model"), parser.add_argument("data"), parser.add_argument("out")
    parser.add_argument("--tasks", required=True)
    parser.add_argument("--limit", type=int, default=None)
    parser.add_argument("--batch", default="1")
    parser.add_argument("--few-shot", type=int, default=0)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--max-tokens", type=int, default=None)
    return parser.parse_args()


def local_task(manager, name, data, few_shot, max_tokens):
    """lm-eval's own definition on local documents; examples come from the evaluated split where they are asked for."""
    split = SPLITS[name]
    path = os.path.join(data, f"{name}_{split}.jsonl")
    config = manager._factory._load_full_config(manager._entry(name), None)
    for key in ("tag", "group", "task_list"):
        config.pop(key, None)
    config.update({"dataset_path": "json", "dataset_name": None, "dataset_kwargs": {"data_files": {split: path}},
                   "training_split": None, "num_fewshot": few_shot, "fewshot_split": split})
    config.pop("fewshot_config", None)
    if max_tokens is not None and "generation_kwargs" in config:
        config["generation_kwargs"] = {**config["generation_kwargs"], "max_gen_toks": max_tokens}
    config["validation_split" if split == "validation" else "test_split"] = split
    return ConfigurableTask(config=config)


def limited(task, limit):
    name, _, own = task.partition(":")
    return name, int(own) if own else limit


def remember_first(model, result, begun):
    """When the first answer was there, counted from the start of this script."""
    add = model.cache_hook.add_partial

    def add_partial(*arguments):
        result.setdefault("first_item_seconds", time.time() - begun)
        add(*arguments)

    model.cache_hook.add_partial = add_partial


def main():
    begun = START
    options = parse()
    torch.set_num_threads(options.threads)
    from lm_eval.models.huggingface import HFLM
    from lm_eval.evaluator import simple_evaluate
    from lm_eval.tasks import TaskManager

    loading = time.time()
    model = HFLM(pretrained=options.model, dtype="float32", device="cpu", batch_size=options.batch)
    loaded = time.time() - loading
    manager = TaskManager()
    result = {"loaded_seconds": loaded, "few_shot": options.few_shot, "max_tokens": options.max_tokens, "tasks": {}}
    remember_first(model, result, begun)
    for name, limit in (limited(task, options.limit) for task in options.tasks.split(",")):
        task = local_task(manager, name, options.data, options.few_shot, options.max_tokens)
        start = time.time()
        out = simple_evaluate(model=model, tasks=[task], limit=limit, log_samples=True, bootstrap_iters=0)
        seconds = time.time() - start
        samples = out["samples"][name]
        items = {}
        for sample in samples:
            own = items.setdefault(sample["doc_id"], {"requests": [], "metrics": {}})
            own["metrics"].update({f"{m},{sample['filter']}": sample[m] for m in sample["metrics"]})
            if own["requests"]:
                continue
            for arguments, response in zip(sample["arguments"], sample["resps"]):
                context, continuation = arguments[0], arguments[1]
                request = {"context": context, "response": response[0]}
                if isinstance(continuation, str):
                    ids = model._encode_pair(context, continuation) if context else ([model.prefix_token_id], model.tok_encode(continuation))
                    request.update(continuation=continuation, context_ids=ids[0], continuation_ids=ids[1])
                else:
                    request.update(context_ids=model.tok_encode(context), until=continuation["until"])
                own["requests"].append(request)
        result["tasks"][name] = {"seconds": seconds, "results": out["results"][name], "items": items}
    result["peak_rss"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    with open(options.out, "w", encoding="utf-8") as file:
        json.dump(result, file, default=str)
    print({name: round(task["seconds"], 1) for name, task in result["tasks"].items()})


if __name__ == "__main__":
    main()
