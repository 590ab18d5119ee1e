"""What real servers answer, and what lm-eval makes of it.

    make_remote.py OUT [--vllm URL] [--adapters URL] [--llama URL]

writes into OUT (cases), run in the folder of the repository:

- windows.json: lm_eval.utils.get_rolling_token_windows and make_disjoint_window
- vllm.json (--vllm): lm-eval's local-completions against a vLLM; its questions, its answers, and every exchange
- adapters.json (--adapters): exchanges with a vLLM whose adapters are loaded while it runs
- llama.json (--llama): exchanges with a llama-server

lm-eval 0.4.13, transformers 5.23.0, Python 3.11 (whose sum() adds floats one by one). The servers were

- vLLM 0.32.0 on a CPU: vllm serve samples/models/storyteller-v2 --served-model-name storyteller-v2 --dtype float32
  --max-model-len 256 --enforce-eager; for --adapters also --enable-lora --max-lora-rank 64, and
  VLLM_ALLOW_RUNTIME_LORA_UPDATING=True
- llama.cpp's server as xllamacpp 2026.10.11549 has it, with the same model as v2.gguf (float32)
"""

import argparse
import json
import os
from pathlib import Path

import requests
from lm_eval import utils
from lm_eval.api.instance import Instance
from lm_eval.models import api_models
from lm_eval.models.openai_completions import LocalCompletionsAPI

MODEL = "samples/models/storyteller-v2"
MAX_LENGTH = 24
PAIRS = [
    ("There were the collar, the hill and the egg. The food was the", " egg"),
    ("There were the collar, the hill and the egg. The food was the", " hill"),
    ("He said that he would go to the", " village in the morning, if it rained"),
    ("", "The end of it"),
    ("She took the ", "book"),
    ("A na\u00efve \U0001f600", " caf\u00e9 \U0001f680"),
    ("It was a long day, and at the end of it the old man went to his house and sat down before the fire, and", " he"),
    ("the end of the", ", and"),
    ("It was at the end of", " the"),
]
TEXTS = ["The man went to the sea.", "It was the best of times, it was the worst of times, " * 3]
GENERATIONS = [
    ("The man went to the", {"until": ["\n", "."], "max_gen_toks": 8}),
    ("It was a long day, and at the end of it the old man went to his house and", {"until": [","], "max_gen_toks": 6}),
]
TRIAL = [[1, 2]]
SCORE = {"temperature": 0, "max_tokens": 1, "seed": 1234}
ECHO = {"logprobs": 1, "echo": True}


class Recorder:
    """Sends, and keeps what was sent and answered."""

    def __init__(self, url):
        self.url = url.rstrip("/")
        self.exchanges = []
        self.post = requests.post

    def send(self, method, path, body=None):
        reply = requests.get(self.url + path) if method == "GET" else self.post(self.url + path, json=body)
        self.keep(method, path, body, reply)
        return reply

    def keep(self, method, path, body, reply):
        text = reply.text.replace(os.getcwd() + "/", "")
        self.exchanges.append({"method": method, "path": path, "body": body, "status": reply.status_code, "text": text})

    def listen(self, url, json=None, **kwargs):
        """In the place of lm-eval's requests.post."""
        reply = self.post(url, json=json, **kwargs)
        self.keep("POST", url.removeprefix(self.url), json, reply)
        return reply


def instances(kind, arguments):
    return [Instance(request_type=kind, doc={}, arguments=args, idx=i) for i, args in enumerate(arguments)]


def local_completions(url):
    return LocalCompletionsAPI(
        model="storyteller-v2",
        base_url=url + "/v1/completions",
        tokenizer_backend="huggingface",
        tokenizer=MODEL,
        max_length=MAX_LENGTH,
        batch_size=3,
        add_bos_token=True,
        eos_string="</s>",
    )


def encoded(lm):
    pairs = []
    for context, continuation in PAIRS:
        if context == "":
            pair = ([lm.prefix_token_id], lm.tokenizer(continuation, add_special_tokens=False).input_ids)
        else:
            pair = lm._encode_pair(context, continuation)
        pairs.append({"context": context, "continuation": continuation, "tokens": pair})
    return {
        "prefixToken": lm.prefix_token_id,
        "maxLength": MAX_LENGTH,
        "pairs": pairs,
        "texts": [{"text": text, "tokens": lm.tok_encode(text)} for text in TEXTS],
        "generations": [
            {"context": context, **gen, "tokens": lm.tok_encode(context)} for context, gen in GENERATIONS
        ],
    }


def vllm(url):
    recorder = Recorder(url)
    lm = local_completions(recorder.url)
    # lm-eval encodes a lone continuation with the special tokens of add_bos_token, which is not what is compared here.
    questions = encoded(lm)
    api_models.requests.post = recorder.listen
    rows = [((p["context"], p["continuation"]), *p["tokens"]) for p in questions["pairs"]]
    answers = {
        "loglikelihood": lm._loglikelihood_tokens(rows),
        "loglikelihood_rolling": lm.loglikelihood_rolling(instances("loglikelihood_rolling", [(t,) for t in TEXTS])),
        "generate_until": [
            text
            for one in GENERATIONS
            for text in lm.generate_until(instances("generate_until", [(one[0], json.loads(json.dumps(one[1])))]))
        ],
    }
    api_models.requests.post = recorder.post
    recorder.send("GET", "/v1/models")
    recorder.send("POST", "/v1/completions", {"model": "storyteller-v2", "prompt": TRIAL, **SCORE, **ECHO})
    recorder.send("POST", "/v1/completions", {"model": "nobody", "prompt": TRIAL, **SCORE, **ECHO})
    recorder.send("POST", "/v1/completions", {"model": "storyteller-v2", "prompt": [[1] * 300], **SCORE, **ECHO})
    for prompt in [questions["pairs"][i]["tokens"] for i in (0, 5)]:
        body = {"model": "storyteller-v2", "prompt": [prompt[0] + prompt[1]], **SCORE, "prompt_logprobs": 1}
        recorder.send("POST", "/v1/completions", body)
    return {"questions": questions, "answers": answers, "exchanges": recorder.exchanges}


def forced(recorder, model, context, continuation):
    for i, token in enumerate(continuation):
        body = {"model": model, "prompt": [context + continuation[:i]], **SCORE, "logprobs": 1}
        body |= {"logit_bias": {str(token): 100}, "return_tokens_as_token_ids": True}
        recorder.send("POST", "/v1/completions", body)


def adapters(url):
    recorder = Recorder(url)
    pair = encoded(local_completions(recorder.url))["pairs"][0]
    for path in ("nowhere", "samples/patches/kind", "samples/patches/kind"):
        recorder.send("POST", "/v1/load_lora_adapter", {"lora_name": "kind", "lora_path": str(Path(path).absolute())})
        recorder.exchanges[-1]["body"]["lora_path"] = path
    recorder.send("GET", "/v1/models")
    recorder.send("POST", "/v1/completions", {"model": "kind", "prompt": TRIAL, **SCORE})
    for token in TRIAL[0]:
        forced(recorder, "kind", TRIAL[0], [token])
    forced(recorder, "kind", *pair["tokens"])
    for _ in range(2):
        recorder.send("POST", "/v1/unload_lora_adapter", {"lora_name": "kind"})
    return {"exchanges": recorder.exchanges}


def llama(url):
    recorder = Recorder(url)
    questions = encoded(local_completions(recorder.url))
    recorder.send("GET", "/v1/models")
    recorder.send("POST", "/v1/completions", {"model": "v2.gguf", "prompt": TRIAL, **SCORE, **ECHO})
    recorder.send("POST", "/v1/completions", {"model": "v2.gguf", "prompt": TRIAL, **SCORE, "prompt_logprobs": 1})
    for token in TRIAL[0]:
        forced(recorder, "v2.gguf", TRIAL[0], [token])
    for pair in questions["pairs"][:4]:
        forced(recorder, "v2.gguf", *pair["tokens"])
    recorder.send("POST", "/v1/load_lora_adapter", {"lora_name": "kind", "lora_path": "samples/patches/kind"})
    return {"exchanges": recorder.exchanges}


def windows():
    cases = []
    for length in (0, 1, 2, 3, 4, 5, 7, 8, 9, 13):
        for longest in (1, 2, 4, 7):
            for context in range(1, longest + 1):
                tokens = list(range(100, 100 + length))
                found = utils.get_rolling_token_windows(tokens, 7, longest, context)
                pairs = [utils.make_disjoint_window(pair) for pair in found]
                cases.append({"length": length, "maxLength": longest, "contextLength": context, "windows": pairs})
    return cases


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("out", type=Path)
    for name in ("vllm", "adapters", "llama"):
        parser.add_argument(f"--{name}")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    made = {"windows": windows()}
    for name, make in (("vllm", vllm), ("adapters", adapters), ("llama", llama)):
        if url := getattr(args, name):
            made[name] = make(url)
    for name, content in made.items():
        (args.out / f"{name}.json").write_text(json.dumps(content, separators=(",", ":")) + "\n")


main()
