"""Asks lm-eval, scikit-learn, scipy, statsmodels and numpy for the numbers of src/evaluation/statistics.

    python make_statistics.py OUTPUT_FOLDER       # writes statistics.json (then: prettier --write); scikit-learn makes it long

Made with lm-eval 0.4.13, scikit-learn 1.9.1, scipy 1.17.1, numpy 2.4.6, statsmodels 0.15.0 on CPython 3.11.7, whose sum()
of floats is plain (it is compensated from 3.12 on).
"""

import json
import random
import sys
from pathlib import Path

import numpy as np
from lm_eval.api import metrics
from scipy.stats import binomtest
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests

MASK = 0xFFFFFFFF


def xoshiro128(seed):
    """xoshiro128** filled by splitmix32, as src/kernels/linalg/gaussian.ts has it."""
    state = seed & MASK
    words = []
    for _ in range(4):
        state = (state + 0x9E3779B9) & MASK
        mixed = ((state ^ (state >> 16)) * 0x85EBCA6B) & MASK
        mixed = ((mixed ^ (mixed >> 13)) * 0xC2B2AE35) & MASK
        words.append(mixed ^ (mixed >> 16))
    rotate = lambda x, k: ((x << k) | (x >> (32 - k))) & MASK
    a, b, c, d = words
    while True:
        yield (rotate((b * 5) & MASK, 7) * 9) & MASK
        shifted = (b << 9) & MASK
        c ^= a
        d ^= b
        b ^= c
        a ^= d
        c ^= shifted
        d = rotate(d, 11)


def labels(rnd, n, gold_share, right_share, count=2):
    pairs = []
    for _ in range(n):
        gold = 1 if rnd.random() < gold_share else rnd.randrange(count) if count > 2 else 0
        pairs.append([gold, gold if rnd.random() < right_share else rnd.randrange(count)])
    return pairs


def make_columns():
    rnd = random.Random(20250101)
    mrpc = labels(rnd, 408, 0.68, 0.5)
    three = labels(rnd, 120, 0.4, 0.4, 3)
    log_likelihoods = [round(-rnd.expovariate(0.5), 4) for _ in range(150)]
    weighted = [[round(-w * rnd.uniform(0.5, 1.5), 4), w] for w in (rnd.randrange(20, 400) for _ in range(60))]
    accuracy = [int(rnd.random() < 0.61) for _ in range(277)]
    return {
        "f1": mrpc,
        "matthews_corrcoef": mrpc,
        "matthews_corrcoef three labels": three,
        "perplexity": log_likelihoods,
        "median": log_likelihoods[:41],
        "median even": log_likelihoods[:40],
        "mean": accuracy,
        "mean real": log_likelihoods,
        "weighted_perplexity": weighted,
        "bits_per_byte": weighted,
    }


AGGREGATIONS = {
    "mean": metrics.mean,
    "median": metrics.median,
    "perplexity": metrics.perplexity,
    "weighted_perplexity": metrics.weighted_perplexity,
    "bits_per_byte": metrics.bits_per_byte,
    "f1": metrics.f1_score,
    "matthews_corrcoef": metrics.matthews_corrcoef,
}


def aggregations(columns):
    cases = []
    for name, values in columns.items():
        aggregation = name.split(" ")[0]
        cases.append((aggregation, name, values))
    for small in ([[0, 0], [0, 0]], [[1, 1]], [[0, 1], [1, 0]], [[1, 0], [1, 0]], [[1, 1], [1, 1], [0, 0]]):
        cases.append(("f1", None, small))
        cases.append(("matthews_corrcoef", None, small))
    return [
        {
            "aggregation": aggregation,
            **({"column": name} if name else {"values": values}),
            "value": float(AGGREGATIONS[aggregation](values)),
        }
        for aggregation, name, values in cases
    ]


def standard_errors(columns):
    cases = []
    for name, iterations in [
        ("mean", 100000),
        ("mean real", 100000),
        ("f1", 10),
        ("f1", 100),
        ("f1", 2500),
        ("f1", 68000),
        ("matthews_corrcoef", 100),
        ("matthews_corrcoef three labels", 1000),
        ("perplexity", 10),
        ("perplexity", 3999),
        ("median", 1000),
        ("median even", 2000),
        ("weighted_perplexity", 100),
        ("bits_per_byte", 100),
    ]:
        aggregation = name.split(" ")[0]
        of = metrics.stderr_for_metric(AGGREGATIONS[aggregation], iterations)
        value = None if of is None else float(of(columns[name]))
        cases.append({"aggregation": aggregation, "column": name, "iterations": iterations, "value": value})
    return cases


def exact_tests():
    pairs = [(0, 0), (1, 0), (0, 1), (1, 1), (2, 1), (0, 5), (5, 0), (3, 9), (12, 12), (12, 13), (10, 25), (60, 40)]
    pairs += [(400, 500), (1000, 1000), (900, 1100), (5000, 5300), (49500, 50500), (49000, 51000), (40000, 60000)]
    pairs += [(0, 1074), (80, 1320), (300, 3000), (30000, 70000)]
    cases = []
    for only_a, only_b in pairs:
        n = only_a + only_b
        p = float(binomtest(min(only_a, only_b), n, 0.5).pvalue) if n else 1.0
        table = mcnemar([[7, only_a], [only_b, 8]], exact=True)
        assert not n or abs(float(table.pvalue) - p) <= 1e-9 * p + 1e-300, (only_a, only_b, p, table.pvalue)
        cases.append({"onlyA": only_a, "onlyB": only_b, "pValue": p})
    return cases


def holm():
    rnd = random.Random(5)
    lists = [[0.01, 0.04, 0.03, 0.005], [0.5], [0.02, 0.02, 0.02], [0.9, 0.8, 1.0], [0.0, 1.0, 0.04]]
    lists.append([round(rnd.random() ** 3, 6) for _ in range(12)])
    return [{"pValues": p, "adjusted": multipletests(p, method="holm")[1].tolist()} for p in lists]


def draw(n, draws, seed):
    generator = xoshiro128(seed)
    return np.array([[int(next(generator) / 2**32 * n) for _ in range(n)] for _ in range(draws)])


def draws_of(aggregation, values, items):
    """The aggregation of every draw, by numpy."""
    values = np.asarray(values, dtype=np.float64)
    if aggregation == "mean":
        return values[items].mean(axis=1)
    if aggregation == "perplexity":
        return np.exp(-values[items].mean(axis=1))
    gold, prediction = values[:, 0][items], values[:, 1][items]
    return 2 * (gold * prediction).sum(axis=1) / (gold.sum(axis=1) + prediction.sum(axis=1))


def worse(rnd, values, share):
    """The column with a share of its answers made anew; gold labels stay."""
    anew = lambda x: [x[0], rnd.randrange(2)] if isinstance(x, list) else rnd.randrange(2) if isinstance(x, int) else x - rnd.random()
    return [anew(x) if rnd.random() < share else x for x in values]


def bounds(values):
    return np.percentile(values, [2.5, 97.5]).tolist()


def comparisons(columns):
    rnd = random.Random(77)
    cases = []
    for aggregation, name, draws, seed in [("mean", "mean", 1000, 0), ("f1", "f1", 500, 7), ("perplexity", "perplexity", 1001, 4294967295)]:
        a = columns[name][:200]
        b = worse(rnd, a, 0.3)
        items = draw(len(a), draws, seed)
        differences = draws_of(aggregation, a, items) - draws_of(aggregation, b, items)
        whole = AGGREGATIONS[aggregation](a) - AGGREGATIONS[aggregation](b)
        cases.append({"aggregation": aggregation, "column": name, "b": b, "draws": draws, "seed": seed,
                      "difference": float(whole), "interval": bounds(differences),
                      "standardError": float(np.std(differences, ddof=1))})  # fmt: skip
    return cases


def recoveries():
    rnd = random.Random(99)
    cases = []
    for share, n, gain, loss, seed in [(0.3, 200, 0.6, 0, 0), (0.85, 150, 0.6, 0, 3), (0.5, 80, 0.4, 0.15, 1), (None, 80, 0.35, 0.1, 6)]:
        new_base = [int(rnd.random() < 0.5) for _ in range(n)]
        retrained = [int(rnd.random() >= loss if x else rnd.random() < gain) for x in new_base]
        if share is None:
            ported = [1 - x if rnd.random() < 0.2 else x for x in new_base]
        else:
            ported = [x if rnd.random() < share else y for x, y in zip(new_base, retrained)]
        items = draw(n, 1000, seed)
        p, r, b = (draws_of("mean", column, items) for column in (ported, retrained, new_base))
        mean = [sum(column) / n for column in (ported, retrained, new_base)]
        ratio = lambda without: np.where(r > b, (p - b) / np.where(r > b, r - b, 1), without)
        cases.append({"ported": ported, "retrained": retrained, "newBase": new_base, "draws": 1000, "seed": seed,
                      "value": (mean[0] - mean[2]) / (mean[1] - mean[2]), "interval": [bounds(ratio(-np.inf))[0], bounds(ratio(np.inf))[1]],
                      "drawsWithoutGain": int((r <= b).sum()), "retrainedGain": bounds(r - b)})  # fmt: skip
    return cases


def halves(n, seed):
    """Fisher-Yates, then the first half of the items and the rest."""
    items, generator = list(range(n)), xoshiro128(seed)
    for last in range(n - 1, 0, -1):
        other = int(next(generator) / 2**32 * (last + 1))
        items[last], items[other] = items[other], items[last]
    return sorted(items[: n // 2]), sorted(items[n // 2 :])


def sweeps():
    rnd = random.Random(123)
    cases = []
    for aggregation, n, seed, sign in [("mean", 101, 0, 1), ("f1", 80, 9, 1), ("perplexity", 61, 2, -1)]:
        if aggregation == "f1":
            base = labels(rnd, n, 0.6, 0.6)
        else:
            base = [rnd.randrange(2) if aggregation == "mean" else round(-rnd.expovariate(0.5), 4) for _ in range(n)]
        columns = {scale: worse(rnd, base, 0.4) for scale in (0.25, 0.5, 0.75, 1, 1.25, 1.5)}
        parts = halves(n, seed)
        of = lambda scale, items: float(AGGREGATIONS[aggregation]([columns[scale][i] for i in items]))
        chosen = [max(columns, key=lambda scale: sign * of(scale, part)) for part in parts]
        reports = [of(chosen[0], parts[1]), of(chosen[1], parts[0])]
        values = [columns[chosen[1] if i in parts[0] else chosen[0]][i] for i in range(n)]
        scores = [of(scale, range(n)) for scale in columns]
        cases.append({"aggregation": aggregation, "seed": seed, "columns": [{"scale": scale, "values": column} for scale, column in columns.items()],
                      "scores": scores, "best": list(columns)[int(np.argmax(sign * np.array(scores)))], "chosen": chosen,
                      "reports": reports, "values": values})  # fmt: skip
    return cases


if __name__ == "__main__":
    columns = make_columns()
    golden = {
        "columns": columns,
        "aggregations": aggregations(columns),
        "standardErrors": standard_errors(columns),
        "exactTests": exact_tests(),
        "holm": holm(),
        "comparisons": comparisons(columns),
        "recoveries": recoveries(),
        "sweeps": sweeps(),
    }
    Path(sys.argv[1], "statistics.json").write_text(json.dumps(golden))
