"""The tasks that make_results.py runs, one of each kind that a results file can hold, and what they read."""

import json
import random
import re

KINDS = {
    "kind": {
        "output_type": "multiple_choice",
        "doc_to_text": "{{context}}",
        "doc_to_choice": "{{choices}}",
        "doc_to_target": "gold",
        "target_delimiter": "",
        "metric_list": [
            {"metric": "acc", "aggregation": "mean", "higher_is_better": True},
            {"metric": "acc_norm", "aggregation": "mean", "higher_is_better": True},
        ],
        "metadata": {"version": 1.0},
    },
    "mood_f1": {
        "output_type": "multiple_choice",
        "doc_to_text": "{{context}}",
        "doc_to_choice": "{{choices}}",
        "doc_to_target": "gold",
        "target_delimiter": "",
        "metric_list": [{"metric": "acc"}, {"metric": "f1"}, {"metric": "mcc"}],
        "metadata": {"version": 2.0},
    },
    "kind_spoken": {
        "output_type": "generate_until",
        "doc_to_text": "{{context}}",
        "doc_to_target": "{{choices[gold]}}",
        "generation_kwargs": {"until": ["."], "do_sample": False, "temperature": 0.0, "max_gen_toks": 6},
        "metric_list": [
            {"metric": "exact_match", "aggregation": "mean", "higher_is_better": True, "regexes_to_ignore": [" "]}
        ],
        "filter_list": [
            {
                "name": "strict-match",
                "filter": [{"function": "regex", "regex_pattern": "^ (\\w+)$"}, {"function": "take_first"}],
            },
            {
                "name": "flexible-extract",
                "filter": [
                    {"function": "regex", "regex_pattern": "(\\w+)", "group_select": -1},
                    {"function": "take_first"},
                ],
            },
        ],
        "metadata": {"version": 3.0},
    },
    "kind_word": {
        "output_type": "loglikelihood",
        "doc_to_text": "{{context}}",
        "doc_to_target": "{{choices[gold]}}",
        "target_delimiter": "",
        "metric_list": [
            {"metric": "perplexity", "aggregation": "perplexity", "higher_is_better": False},
            {"metric": "acc", "aggregation": "mean", "higher_is_better": True},
        ],
        "metadata": {"version": 1.0},
    },
    "kind_text": {
        "output_type": "loglikelihood_rolling",
        "doc_to_text": "",
        "doc_to_target": "{{context}}",
        "metric_list": [{"metric": "word_perplexity"}, {"metric": "byte_perplexity"}, {"metric": "bits_per_byte"}],
        "metadata": {"version": 1.0},
    },
}


def write_tasks(folder, samples, documents, old):
    """YAML is a superset of JSON. The documents of mood_f1 are the moods', all others' the kinds'."""
    (folder / "tasks").mkdir()
    for file in ["kind.test.jsonl", "mood.test.jsonl"]:
        lines = (samples / "tasks" / file).read_text("utf-8").splitlines()[:documents]
        (folder / file).write_text("\n".join(lines) + "\n", "utf-8")
    for name, config in KINDS.items():
        if old and name == "kind_spoken":
            del config["filter_list"][1]["filter"][0]["group_select"]
        file = "mood.test.jsonl" if name == "mood_f1" else "kind.test.jsonl"
        data = {"dataset_path": "json", "dataset_kwargs": {"data_files": {"test": file}}, "test_split": "test"}
        (folder / "tasks" / f"{name}.yaml").write_text(json.dumps({"task": name} | data | config), "utf-8")


class Guesser:
    """A model without weights, for versions whose Transformers could not load one."""

    def __init__(self):
        self.random = random.Random(3)

    def loglikelihood(self, requests):
        return [(-self.random.random() * 9, self.random.random() < 0.5) for _ in requests]

    def loglikelihood_rolling(self, requests):
        return [-self.random.random() * 99 for _ in requests]

    def generate_until(self, requests):
        """The last of the three words: right in many documents, but every second time strict-match does not see it."""
        words = [re.search(r"(\w+)\. ", request.args[0])[1] for request in requests]
        return [f" {word}" if i % 2 == 0 else f" {word}, it" for i, word in enumerate(words)]
