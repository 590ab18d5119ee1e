"""Asks lm-eval for prompts, targets, filtered answers and metrics of the seven built-in tasks and of yaml/*.yaml on
invented documents (documents.py), and CPython and Jinja2 for what src/evaluation/tasks rebuilds of them.

    python make_tasks.py OUTPUT_FOLDER       # case/: tasks.json, python.json, templates.json

Made with lm-eval 0.4.13, Jinja2 3.1.6, PyYAML 6.0.3, datasets 5.2.0 on CPython 3.11.7. Nothing is downloaded.
"""

import ast
import hashlib
import json
import random
import re
import sys
from pathlib import Path

import datasets
import lm_eval
import yaml
from documents import BUILT_IN, GENERATED, OWN
from lm_eval.api.task import ConfigurableTask
from lm_eval.tasks._yaml_loader import load_yaml
from lm_eval.utils import apply_template
from templates import LITERALS, PATTERNS, REPLACEMENTS, SCALARS, TEMPLATES, TEXTS, VARIABLES

HERE = Path(__file__).parent
TASKS = Path(lm_eval.__file__).parent / "tasks"
FILES = {
    "boolq": "super_glue/boolq/default.yaml",
    "sst2": "glue/sst2/default.yaml",
    "mrpc": "glue/mrpc/default.yaml",
    "rte": "glue/rte/default.yaml",
    "wnli": "glue/wnli/default.yaml",
    "winogrande": "winogrande/default.yaml",
    "gsm8k": "gsm8k/gsm8k.yaml",
}
METADATA = ("tag", "group", "task_list")


def open_task(path, splits):
    class Local(ConfigurableTask):
        def download(self, dataset_kwargs=None, **kwargs):
            self.dataset = datasets.DatasetDict(
                {name: datasets.Dataset.from_list(rows) for name, rows in splits.items()}
            )

    config = load_yaml(path, resolve_func="lm_eval" in str(path))
    return Local(config={key: value for key, value in config.items() if key not in METADATA})


def number(*parts):
    return int(hashlib.sha256(repr(parts).encode()).hexdigest()[:8], 16)


def answer(task, name, instance, doc_id):
    """An answer as a model's, the same at every run; some log-likelihoods are equal."""
    if task.OUTPUT_TYPE == "generate_until":
        return GENERATED[name][doc_id]
    seed = number(name, doc_id, instance.idx)
    value = -(seed % 7 + 1) / 4
    return value if task.OUTPUT_TYPE == "loglikelihood_rolling" else (value, seed % 3 == 0)


def requests(instances):
    """Every text once: contexts, and for each request the number of its context and what follows."""
    contexts = list(dict.fromkeys(i.args[0] for i in instances))
    return {"contexts": contexts, "asked": [[contexts.index(i.args[0]), *i.args[1:]] for i in instances]}


def evaluate(path, name, splits, shots, limit=None):
    task = open_task(path, splits)
    if shots is not None:
        task.set_config("num_fewshot", shots)
    elif task.config.num_fewshot is None:
        task.set_config("num_fewshot", 0)
    task.set_fewshot_seed(1234)
    task.build_all_requests(limit=limit)
    for instance in task.instances:
        instance.resps.append(answer(task, name, instance, instance.doc_id))
    task.apply_filters()
    items = []
    for doc_id, doc in task.doc_iterator(limit=limit):
        instances = sorted((i for i in task.instances if i.doc_id == doc_id), key=lambda i: i.idx)
        scored = []
        for key in instances[0].filtered_resps:
            filtered = [i.filtered_resps[key] for i in instances]
            values = task.process_results(doc, filtered)
            scored.append({"filter": key, "filtered": filtered, "values": values})
        items.append(
            {
                "target": task.doc_to_target(doc),
                **requests(instances),
                "answers": [i.resps[0] for i in instances],
                "scored": scored,
            }
        )
    return {
        "task": name,
        "shots": shots,
        "limit": limit,
        "items": items,
        "higherIsBetter": task.higher_is_better(),
        "aggregations": {metric: fn.__name__ for metric, fn in task.aggregation().items()},
        "version": task.VERSION,
    }


def runs():
    for name, splits in BUILT_IN.items():
        for shots in (0, 3):
            yield evaluate(TASKS / FILES[name], name, splits, shots)
    for name, splits in OWN.items():
        yield evaluate(HERE / "yaml" / f"{name}.yaml", name, splits, None)
    yield evaluate(HERE / "yaml" / "self_shots.yaml", "self_shots", OWN["self_shots"], 1, 2)
    yield evaluate(TASKS / FILES["gsm8k"], "gsm8k", BUILT_IN["gsm8k"], None, 2)


def random_numbers():
    made = []
    for seed in (0, 1, 1234, 2**31, 2**32 - 1, 2**32 + 5, 2**40 + 12345, -7, 2**53 - 1):
        r = random.Random(seed)
        shuffled = list(range(15))
        entry = {
            "seed": seed,
            "random": [r.random() for _ in range(3)],
            "bits": [[k, r.getrandbits(k)] for k in (1, 2, 7, 31, 32, 33, 40, 53)],
            "below": [[n, r.randrange(n)] for n in (1, 2, 3, 10, 277, 1000, 2**31, 2**33 + 1, 2**45)],
            "sample": [
                [n, k, r.sample(range(n), k)]
                for n, k in ((1, 1), (5, 5), (21, 5), (22, 5), (22, 6), (85, 6), (86, 6), (7473, 5), (300, 22), (3, 0))
            ],
            "choices": r.choices(range(71), k=12),
        }
        r.shuffle(shuffled)
        for _ in range(700):
            r.random()
        made.append({**entry, "shuffled": shuffled, "later": r.random()})
    return made


def attempt(function):
    """The result, or null where Python raises."""
    try:
        return function()
    except Exception:
        return None


def main(output):
    def write(name, data):
        """A line to every entry of its lists."""
        dump = lambda value: json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=lambda scalar: scalar.item())
        entry = lambda value: "[\n" + ",\n".join(map(dump, value)) + "\n]" if isinstance(value, list) else dump(value)
        parts = [f"{json.dumps(key)}:{entry(value)}" for key, value in data.items()]
        (output / name).write_text("{\n" + ",\n".join(parts) + "\n}\n", "utf-8")

    write("tasks.json", {"builtIn": BUILT_IN, "own": OWN, "runs": list(runs())})
    write(
        "python.json",
        {
            "random": random_numbers(),
            "literals": [[text, attempt(lambda: repr(ast.literal_eval(text)))] for text in LITERALS],
            "patterns": [
                {
                    "pattern": p,
                    "cases": [
                        [t, re.findall(p, t), re.sub(p, "<>", t), re.sub(p, r"[\g<0>]", t, count=1)]
                        for t in (t for t in TEXTS if re.search(p, t))
                    ],
                }
                for p in PATTERNS
            ],
            "replacements": [[p, r, t, attempt(lambda: re.sub(p, r, t))] for p, r, t in REPLACEMENTS],
            "scalars": [[text, repr(yaml.safe_load(text))] for text in SCALARS],
        },
    )
    write(
        "templates.json",
        {"variables": VARIABLES, "templates": [[t, attempt(lambda: apply_template(t, VARIABLES))] for t in TEMPLATES]},
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
