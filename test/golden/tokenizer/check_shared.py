"""Compares PortLLM's tokenizer with transformers and lm-eval on real tokenizers, which are not committed.

    python check_shared.py NODE TOKENIZER_FOLDER... [--text FILE...]

NODE runs TypeScript (24 or newer). Every text file is cut into prompts of some hundred characters. Prints one line for
each folder and every difference (the first ones in full). transformers 5.23.0, tokenizers 0.23.3, lm-eval 0.4.13.
"""

import argparse
import json
import random
import subprocess
from pathlib import Path

import reference
from texts import NASTY, PAIRS

SHOWN = 5


def prompts(files, characters=700, most=400):
    """Even stretches of every file; the line ends as they are."""
    texts = []
    for file in files:
        text = file.read_bytes().decode("utf-8", "replace")
        cut = [text[i : i + characters] for i in range(0, len(text), characters)]
        texts += cut[:: max(1, len(cut) // most)]
    return texts


def sequences(size, count=300):
    chance = random.Random(4)
    return [[chance.randrange(size) for _ in range(chance.randrange(1, 12))] for _ in range(count)]


def ask(node, question):
    companion = Path(__file__).with_name("check_shared.ts")
    done = subprocess.run([node, str(companion)], input=json.dumps(question), capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"{question['folder']}: {done.stderr}")
    return json.loads(done.stdout)


def differences(kind, questions, expected, found):
    for question, ours, theirs in zip(questions, found, expected, strict=True):
        if json.loads(json.dumps(theirs)) != ours:
            yield kind, question, theirs, ours


def check(node, folder, texts):
    facts = reference.facts(folder)
    ids = sequences(facts["size"])
    found = ask(node, {"folder": str(folder), "texts": texts, "sequences": ids, "pairs": PAIRS})
    name = facts.pop("class")
    wrong = list(differences("facts", ["facts"], [facts], [found["facts"]]))
    wrong += differences("encoded", texts, reference.encoded(folder, texts), found["encoded"])
    wrong += differences("decoded", ids, reference.decoded(folder, ids), found["decoded"])
    for bos in reference.BOS_MODES if reference.has_prefix(folder) else ():
        wrong += differences(f"pair {bos}", PAIRS, reference.pairs(folder, PAIRS, bos), found["pairs"][bos])
        wrong += differences(f"text {bos}", texts, reference.texts_of(folder, texts, bos), found["texts"][bos])
    size = sum(len(text.encode()) for text in texts)
    speed = 2 * size / 1e6 / found["seconds"]
    print(f"{folder.name:16} {name:18} {facts['size']:7} tokens {len(texts):6} texts {size / 1e6:6.2f} MB "
          f"{speed:5.2f} MB/s (encoded and decoded) {len(wrong):5} differences")
    for kind, question, theirs, ours in wrong[:SHOWN]:
        print(f"    {kind}: {question!r}\n        reference {theirs!r}\n        PortLLM   {ours!r}")
    return len(wrong)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("node")
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--text", nargs="*", type=Path, default=[])
    arguments = parser.parse_args()
    texts = NASTY + prompts(arguments.text)
    raise SystemExit(min(1, sum(check(arguments.node, folder, texts) for folder in arguments.folders)))


if __name__ == "__main__":
    main()
