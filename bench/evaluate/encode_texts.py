"""What the Python tokenizers make of real text, for every tokenizer folder.

    python encode_texts.py TOKENIZERS TEXTS OUT

TOKENIZERS holds a folder for each tokenizer; TEXTS holds .txt files, of which the lines are taken, each whole file's first
LINES ones, and the hostile texts of test/golden/tokenizer. OUT is a JSON file. AutoTokenizer of transformers 5.23.0.
"""
import json
import os
import sys

os.environ["HF_HUB_OFFLINE"] = "1"
sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../../test/golden/tokenizer"))

from texts import NASTY  # noqa: E402
from transformers import AutoTokenizer  # noqa: E402

LINES = 2000


def lines_of(folder):
    for root, _, names in sorted(os.walk(folder)):
        for name in sorted(names):
            if name.endswith(".txt"):
                with open(os.path.join(root, name), encoding="utf-8", errors="ignore", newline="") as file:
                    yield from [line for line in file if line.strip()][:LINES]


def main():
    tokenizers, texts, out = sys.argv[1:]
    lines = [*NASTY, *lines_of(texts)]
    result = {"texts": lines, "tokenizers": {}}
    for name in sorted(os.listdir(tokenizers)):
        try:
            tokenizer = AutoTokenizer.from_pretrained(os.path.join(tokenizers, name))
        except Exception as error:  # what cannot be loaded there cannot be compared
            result["tokenizers"][name] = {"problem": f"{type(error).__name__}: {str(error).splitlines()[0]}"}
            continue
        ids = tokenizer(lines)["input_ids"]
        result["tokenizers"][name] = {"class": type(tokenizer).__name__, "ids": ids,
                                      "decoded": [tokenizer.decode(each, skip_special_tokens=True) for each in ids]}
    with open(out, "w", encoding="utf-8") as file:
        json.dump(result, file)


if __name__ == "__main__":
    main()
