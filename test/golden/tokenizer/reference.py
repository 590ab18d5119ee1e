"""What transformers and lm-eval themselves make of a tokenizer's folder (transformers 5.23.0, lm-eval 0.4.13)."""

import json
import os
from types import SimpleNamespace

os.environ["HF_HUB_OFFLINE"] = "1"

from lm_eval.models.huggingface import HFLM  # noqa: E402
from transformers import AutoTokenizer  # noqa: E402

BOS_MODES = {"auto": None, "on": True, "off": False}


def load(folder, bos="auto"):
    """As HFLM._create_tokenizer does."""
    kwargs = {} if BOS_MODES[bos] is None else {"add_bos_token": BOS_MODES[bos]}
    return AutoTokenizer.from_pretrained(str(folder), revision="main", trust_remote_code=False, use_fast=True, **kwargs)


def model_of(folder, bos):
    """lm-eval's own encoding, of an object that has a tokenizer and no model."""
    lm = HFLM.__new__(HFLM)
    lm.tokenizer = load(folder, bos)
    lm.backend = "causal"
    lm.add_bos_token = BOS_MODES[bos]
    lm.custom_prefix_token_id = None
    lm.enable_thinking = False
    lm._loglikelihood_tokens = lambda requests, disable_tqdm: [request[1:] for request in requests]
    return lm


def special(tokenizer, name):
    text = getattr(tokenizer, name)
    return None if text is None else {"id": getattr(tokenizer, name + "_id"), "text": text}


def facts(folder):
    tokenizer = load(folder)
    length = tokenizer.model_max_length
    return {
        "class": type(tokenizer).__name__,
        "bos": special(tokenizer, "bos_token"),
        "eos": special(tokenizer, "eos_token"),
        "maxLength": length if length <= 1_000_000 else None,
        "size": len(tokenizer),
    }


def encoded(folder, texts):
    """For each text: ids with and without special tokens, and what each decodes to."""
    tokenizer = load(folder)
    answers = []
    for text in texts:
        special_ids, plain = tokenizer.encode(text), tokenizer.encode(text, add_special_tokens=False)
        answers.append([
            special_ids,
            plain,
            tokenizer.decode(special_ids),
            tokenizer.decode(special_ids, skip_special_tokens=True),
        ])
    return answers


def decoded(folder, sequences):
    tokenizer = load(folder)
    return [[tokenizer.decode(ids), tokenizer.decode(ids, skip_special_tokens=True)] for ids in sequences]


def has_prefix(folder):
    """Without BOS and EOS token lm-eval has no prefix token, and fails on every text."""
    tokenizer = load(folder)
    return tokenizer.bos_token_id is not None or tokenizer.eos_token_id is not None


def pairs(folder, requests, bos):
    """[context ids, continuation ids] of each; None where lm-eval itself fails, on empty continuations."""
    lm = model_of(folder, bos)
    answers = []
    for request in requests:
        try:
            answers += lm.loglikelihood([SimpleNamespace(args=request)], disable_tqdm=True)
        except IndexError:
            answers.append(None)
    return answers


def texts_of(folder, texts, bos):
    lm = model_of(folder, bos)
    return [lm.tok_encode(text) for text in texts]


FLAGS = ("single_word", "lstrip", "rstrip", "normalized", "special")


def backend(folder):
    """The parts of the tokenizer.json that transformers works with, as far as single texts depend on them."""
    parts = json.loads(load(folder).backend_tokenizer.to_str())
    template = parts["post_processor"]
    if template and template["type"] == "TemplateProcessing":
        template = {key: template[key] for key in ("type", "single", "special_tokens")}
    model = parts["model"]
    return {
        "added": [[token["id"], token["content"], [flag for flag in FLAGS if token[flag]]]
                  for token in parts["added_tokens"]],
        "normalizer": parts["normalizer"],
        "pre_tokenizer": parts["pre_tokenizer"],
        "post_processor": template,
        "decoder": parts["decoder"],
        "model": {key: value for key, value in model.items() if key not in ("vocab", "merges") and value},
    }
