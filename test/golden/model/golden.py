"""What transformers answers in float32 with eager attention: logits, greedy decoding, log-likelihoods."""

import json
import zlib
from pathlib import Path
from typing import Any

import torch
from transformers import AutoConfig, AutoModelForCausalLM, GenerationConfig, PreTrainedModel

Json = dict[str, Any]
TOKENS = (2, 24)
PROMPT, NEW = 7, 12
PENALTY = 1.3
CLEAR = 0.01  # between the best and the second-best logit of a greedy step, so that no other order of summing changes it


def load(folder: Path, config: Json | None = None) -> PreTrainedModel:
    options = {} if config is None else {"config": AutoConfig.for_model(**config)}
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager", **options).eval()
    assert all(parameter.dtype == torch.float32 for parameter in model.parameters())
    assert model.config._attn_implementation == "eager"
    return model


def read_config(folder: Path, name: str = "config.json") -> Json:
    return json.loads((folder / name).read_text())


@torch.no_grad()
def logits_of(model: PreTrainedModel, ids: torch.Tensor) -> torch.Tensor:
    return model(input_ids=ids, use_cache=False).logits


def random_ids(name: str, *shape: int, vocabulary: int = 64) -> torch.Tensor:
    return torch.randint(vocabulary, shape, generator=torch.Generator().manual_seed(zlib.crc32(name.encode())))


def step(model: PreTrainedModel, ids: list[int]) -> tuple[int, float]:
    """The greedy token after `ids`, and by how much it wins."""
    best = logits_of(model, torch.tensor([ids]))[0, -1].topk(2)
    return int(best.indices[0]), float(best.values[0] - best.values[1])


def greedy(model: PreTrainedModel, prompt: list[int], count: int) -> tuple[list[int], float]:
    """Without a cache, so that a window is a mask and nothing else."""
    ids, least = list(prompt), float("inf")
    for _ in range(count):
        token, margin = step(model, ids)
        ids, least = [*ids, token], min(least, margin)
    return ids[len(prompt):], least


def generation(model: PreTrainedModel, name: str) -> Json:
    """A prompt whose continuation is clear at each step and does not repeat itself; `generate` must agree."""
    for attempt in range(200):
        prompt = random_ids(f"{name} prompt {attempt}", PROMPT).tolist()
        tokens, margin = greedy(model, prompt, NEW)
        if margin > CLEAR and len(set(tokens)) > 4:
            model.generation_config = GenerationConfig()
            ids = torch.tensor([prompt])
            plain = GenerationConfig(do_sample=False, max_new_tokens=NEW, pad_token_id=0)
            made = model.generate(ids, attention_mask=torch.ones_like(ids), generation_config=plain)[0, PROMPT:].tolist()
            assert made == tokens, (name, made, tokens)
            return {"prompt": prompt, "tokens": tokens}
    raise AssertionError(f"{name}: no prompt with a clear greedy continuation")


def penalised(model: PreTrainedModel, name: str) -> Json:
    """Greedy with a penalty on tokens that occurred, which must change something and leave every step clear."""
    settings = dict(do_sample=False, max_new_tokens=NEW, pad_token_id=0, return_dict_in_generate=True, output_scores=True)
    for attempt in range(400):
        prompt = random_ids(f"{name} penalised {attempt}", PROMPT).tolist()
        ids = torch.tensor([prompt])
        model.generation_config = GenerationConfig()
        config = GenerationConfig(repetition_penalty=PENALTY, **settings)
        made = model.generate(ids, attention_mask=torch.ones_like(ids), generation_config=config)
        tokens = made.sequences[0, PROMPT:].tolist()
        best = torch.stack([scores[0].topk(2).values for scores in made.scores])
        if (best[:, 0] - best[:, 1]).min() > CLEAR and tokens != greedy(model, prompt, NEW)[0]:
            return {"penalty": PENALTY, "prompt": prompt, "tokens": tokens}
    raise AssertionError(f"{name}: no prompt with a clear penalised continuation")


def log_likelihood(model: PreTrainedModel, context: list[int], continuation: list[int]) -> Json:
    """lm-eval's `_loglikelihood_tokens`: the model sees all but the last token."""
    ids = torch.tensor([[*context, *continuation][:-1]])
    logits = logits_of(model, ids)[0, -len(continuation):]
    target = torch.tensor(continuation)
    total = torch.log_softmax(logits, -1).gather(-1, target[:, None]).sum()
    return {"context": context, "continuation": continuation, "logProbability": float(total),
            "greedy": bool((logits.argmax(-1) == target).all())}


def other(token: int) -> int:
    return (token + 17) % 64


def log_likelihoods(model: PreTrainedModel, name: str) -> list[Json]:
    """A single token; a greedy continuation; and one that is greedy but for its last token."""
    short = random_ids(f"{name} short", 5).tolist()
    for attempt in range(200):
        context = random_ids(f"{name} context {attempt}", 9).tolist()
        tokens, margin = greedy(model, context, 4)
        if margin > CLEAR:
            break
    pairs = [(short, [other(step(model, short)[0])]), (context, tokens), (context, [*tokens[:-1], other(tokens[-1])])]
    items = [log_likelihood(model, *pair) for pair in pairs]
    assert margin > CLEAR and [item["greedy"] for item in items] == [False, True, False], (name, items)
    return items


def changed(config: Json, change: Json) -> Json:
    """A copy with values put at dotted paths."""
    copy = json.loads(json.dumps(config))
    for path, value in change.items():
        *parents, last = path.split(".")
        place = copy
        for parent in parents:
            place = place[parent]
        place[int(last) if isinstance(place, list) else last] = value
    return copy
