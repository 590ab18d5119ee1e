"""The paper's seven tasks in Hugging Face's columns, from plain files as public repositories hold them.

    python data.py EVAL_FOLDER OUT

EVAL_FOLDER holds boolq_validation.jsonl, sst2_validation.tsv, mrpc_test.tsv, rte_validation.jsonl,
winogrande_validation.jsonl, wnli_validation.tsv and gsm8k_test.jsonl. OUT gets <task>_<split>.jsonl, which both lm-eval
(through a local dataset) and PortLLM (--data) read.
"""
import csv
import json
import os
import sys

SPLITS = {"boolq": "validation", "sst2": "validation", "mrpc": "validation", "rte": "validation",
          "winogrande": "validation", "wnli": "validation", "gsm8k": "test"}


def jsonl(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.strip()]


def tsv(path):
    with open(path, encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def winogrande(row):
    """The sentence with a blank and its two options, such that both contexts come out as they were."""
    first, second = row["context_options"]
    begin = os.path.commonprefix([first, second])
    begin = begin[: begin.rfind(" ") + 1]
    return {"sentence": begin + "_ " + row["continuation"], "option1": first[len(begin):], "option2": second[len(begin):],
            "answer": str(row["gold"] + 1)}


def convert(folder):
    at = lambda name: os.path.join(folder, name)
    entailment = {"entailment": 0, "not_entailment": 1}
    return {
        "boolq": [{"question": r["question"], "passage": r["passage"], "label": int(r["label"] in (True, 1, "true", "True"))}
                  for r in jsonl(at("boolq_validation.jsonl"))],
        "sst2": [{"sentence": r["text"], "label": int(r["label"])} for r in tsv(at("sst2_validation.tsv"))],
        "mrpc": [{"sentence1": r["#1 String"], "sentence2": r["#2 String"], "label": int(r["Quality"])}
                 for r in tsv(at("mrpc_test.tsv"))],
        "rte": [{"sentence1": r["premise"], "sentence2": r["hypothesis"], "label": entailment[r["label"]]}
                for r in jsonl(at("rte_validation.jsonl"))],
        "wnli": [{"sentence1": r["sentence1"], "sentence2": r["sentence2"], "label": int(r["label"])}
                 for r in tsv(at("wnli_validation.tsv"))],
        "winogrande": [winogrande(r) for r in jsonl(at("winogrande_validation.jsonl"))],
        "gsm8k": [{"question": r["question"], "answer": r["answer"]} for r in jsonl(at("gsm8k_test.jsonl"))],
    }


if __name__ == "__main__":
    source, out = sys.argv[1:]
    os.makedirs(out, exist_ok=True)
    for task, rows in convert(source).items():
        with open(os.path.join(out, f"{task}_{SPLITS[task]}.jsonl"), "w", encoding="utf-8") as file:
            file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        print(f"{task:12} {len(rows):6} rows")
