"""Multiple choice by summed log-likelihood (lm-evaluation-harness's `acc`), and the norms of patch and evolution."""

import math

import torch


def log_likelihoods(model, tokenizer, items: list[dict]) -> list[list[float]]:
    """Per item, per choice: the sum of the choice's token log-probabilities in nats, float32."""
    rows, spans = [], []
    for item in items:
        for choice in item["choices"]:
            context = tokenizer(item["context"])["input_ids"]
            whole = tokenizer(item["context"] + choice)["input_ids"]
            rows.append(whole)
            spans.append(len(context))
    flat: list[float] = []
    model.eval()
    for begin in range(0, len(rows), 256):
        part, starts = rows[begin : begin + 256], spans[begin : begin + 256]
        width = max(len(row) for row in part)
        ids = torch.tensor([row + [1] * (width - len(row)) for row in part])
        with torch.no_grad():
            scores = torch.log_softmax(model(input_ids=ids).logits.float(), dim=-1)
        for index, (row, start) in enumerate(zip(part, starts)):
            targets = torch.tensor(row[start:])
            flat.append(scores[index, start - 1 : len(row) - 1].gather(1, targets[:, None]).sum().item())
    result, cursor = [], 0
    for item in items:
        result.append(flat[cursor : cursor + len(item["choices"])])
        cursor += len(item["choices"])
    return result


def accuracy(model, tokenizer, items: list[dict]) -> tuple[float, float]:
    """Accuracy and its standard error (sample formula, as lm-eval's)."""
    scores = log_likelihoods(model, tokenizer, items)
    hits = [float(max(range(len(row)), key=row.__getitem__) == item["gold"]) for row, item in zip(scores, items)]
    mean = sum(hits) / len(hits)
    return mean, math.sqrt(mean * (1 - mean) / (len(hits) - 1))
