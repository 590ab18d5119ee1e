"""The sample tasks: a seeded generator of multiple-choice items, so that nobody's data set has to be shipped.

An item is {"context": str, "choices": [str], "gold": int}; the model's answer is the choice of highest log-likelihood
after the context, as in lm-evaluation-harness's `acc`.

Run alone to (re)write samples/tasks:  python tasks.py ../tasks
"""

import json
import random
import sys
from pathlib import Path

GOOD = """happy glad merry cheerful kind gentle brave honest beautiful lovely pleasant delightful noble generous bright
charming tender grateful joyful splendid excellent sweet warm wise""".split()
BAD = """sad cruel angry wicked bitter dreadful horrible ugly miserable wretched gloomy foolish savage terrible fierce
jealous sullen cold hateful dismal weary violent selfish mean""".split()
PEOPLE = """captain doctor lady prince soldier sailor servant mother father sister brother king queen officer
stranger teacher farmer child uncle aunt""".split()
TIMES = ["That night", "In the morning", "After the war", "At dinner", "On the road", "When he came back",
         "All that day", "At the end"]

KINDS = {
    "animal": "horse dog cat bird fish lion bear wolf sheep cow pig fox rabbit mouse whale snake".split(),
    "food": "bread meat cheese butter soup cake egg apple pie sugar salt honey cream fruit potato nut".split(),
    "place": "house church castle garden street forest river village city island hill valley prison palace field shore".split(),
    "thing to wear": "hat coat dress shoe cloak shirt glove boot ring belt cap collar apron veil gown mask".split(),
}


def mood(rng: random.Random) -> dict:
    """Two adjectives of one mood, once or twice disturbed by a "not": is the day good or bad?"""
    good = rng.random() < 0.5
    words = rng.sample(GOOD if good else BAD, 2)
    person = rng.choice(PEOPLE)
    shape = rng.randrange(3)
    sentence = [
        f"{rng.choice(TIMES)} the {words[0]} {person} was {words[1]}.",
        f"The {person} looked {words[0]}, and the voice was {words[1]}.",
        f"{rng.choice(TIMES)} the {person} seemed {words[0]} and {words[1]}.",
    ][shape]
    return {"context": f"{sentence} The mood was", "choices": [" good", " bad"], "gold": 0 if good else 1}


def kind(rng: random.Random) -> dict:
    """Three nouns of three kinds: which one is the animal (the food, the place, the thing to wear)?"""
    kinds = rng.sample(sorted(KINDS), 3)
    words = [rng.choice(KINDS[name]) for name in kinds]
    gold = rng.randrange(3)
    listing = f"the {words[0]}, the {words[1]} and the {words[2]}"
    context = [
        f"There were {listing}. The {kinds[gold]} was the",
        f"He thought of {listing}. Of these the {kinds[gold]} was the",
    ][rng.randrange(2)]
    return {"context": context, "choices": [f" {word}" for word in words], "gold": gold}


TASKS = {"mood": mood, "kind": kind}
SIZES = {"train": 4000, "test": 500}


def split(task: str, seed: int = 20261122) -> dict[str, list[dict]]:
    """Items of both splits; no context occurs twice, so no test item was trained on."""
    rng = random.Random(f"{task}-{seed}")
    seen: set[str] = set()
    items: list[dict] = []
    while len(items) < sum(SIZES.values()):
        item = TASKS[task](rng)
        if item["context"] not in seen:
            seen.add(item["context"])
            items.append(item)
    return {"test": items[: SIZES["test"]], "train": items[SIZES["test"] :]}


def write(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for task in TASKS:
        for name, items in split(task).items():
            lines = "".join(json.dumps(item, ensure_ascii=False) + "\n" for item in items)
            (folder / f"{task}.{name}.jsonl").write_text(lines, encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
