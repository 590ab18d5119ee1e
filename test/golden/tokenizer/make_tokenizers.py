"""Makes small tokenizers, and what transformers and lm-eval make of them under many settings.

    python make_tokenizers.py OUT_FOLDER     # test/golden/tokenizer/cases

transformers 5.23.0, tokenizers 0.23.3, lm-eval 0.4.13. OUT_FOLDER gets the tokenizers (NAME.json, a tokenizer.json
each), texts.json (texts and pairs), cases.json (a folder's other files, and the answers), components.json (what single
pre-tokenizers and normalizers make of the texts), classes.json (transformers' class for a model type).
An answer longer than it need be is written as its SHA-256: see brief().
"""

import hashlib
import json
import sys
import tempfile
from pathlib import Path

import bases
import reference
from texts import NASTY, PAIRS
from tokenizers import Tokenizer
from transformers.models.auto.tokenization_auto import MODELS_WITH_INCORRECT_HUB_TOKENIZER_CLASS, TOKENIZER_MAPPING_NAMES

LONGEST = 40
# What language models have; transformers registers others for encoders, speech and translation.
CLASSES = {
    "GPT2Tokenizer", "GPTNeoXTokenizer", "LlamaTokenizer", "CodeLlamaTokenizer", "GemmaTokenizer", "Qwen2Tokenizer",
    "Qwen3_5Tokenizer", "CohereTokenizer", "TokenizersBackend",
}  # fmt: skip
END = "<|endoftext|>"
LLAMA = {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>"}


def added(text, **settings):
    return {"content": text, "lstrip": False, "normalized": False, "rstrip": False, "single_word": False} | settings


def typed(text, **settings):
    return {"__type": "AddedToken"} | added(text, **settings)


# name: base, files of the folder ("tables" instead of a tokenizer.json), changes to the tokenizer.json
CASES = {
    "bare gpt2": ("gpt2", {}),
    "bare llama2": ("llama2", {}),
    "bare mistral": ("mistral", {"tokenizer_config.json": LLAMA}),
    "bare llama3": ("llama3", {}),
    "bare gemma": ("gemma", {}),
    "bare unigram": ("unigram", {"tokenizer_config.json": {"eos_token": "</s>"}}),
    "unigram cleaned up": ("unigram", {"tokenizer_config.json": {
        "eos_token": "</s>", "clean_up_tokenization_spaces": True}}),
    "added tokens of every kind": ("added", {"tokenizer_config.json": {"bos_token": "<s>", "eos_token": "</s>"}}),
    "gpt2 by model type": ("gpt2", {"config.json": {"model_type": "gpt2"}}),
    "gpt2 of 4": ("gpt2", {"config.json": {"model_type": "gpt2"}, "tokenizer_config.json": {
        "tokenizer_class": "GPT2Tokenizer", "bos_token": typed(END, normalized=True), "eos_token": typed(END),
        "unk_token": typed(END), "add_prefix_space": True, "clean_up_tokenization_spaces": True,
        "model_max_length": 1024, "add_bos_token": True}}),
    "gpt2 tables": ("gpt2", {"tables": True, "config.json": {"model_type": "gpt2"}}),
    "gpt2 tables with bos": ("gpt2", {"tables": True, "tokenizer_config.json": {
        "tokenizer_class": "GPT2TokenizerFast", "add_bos_token": True, "pad_token": "[PAD]"}}),
    "gpt2 tables with eos": ("gpt2", {"tables": True, "tokenizer_config.json": {
        "tokenizer_class": "GPT2TokenizerFast", "add_bos_token": False, "add_eos_token": True}}),
    "gpt2 tables of long ago": ("gpt2", {"tables": True, "config.json": {"model_type": "gpt2"},
        "special_tokens_map.json": {"bos_token": END, "eos_token": added("<|im_end|>", lstrip=True), "unk_token": END},
        "added_tokens.json": {"<|im_end|>": 381, "<|im_start|>": 380}}),
    "codegen": ("gpt2", {"config.json": {"model_type": "phi"}, "tokenizer_config.json": {
        "tokenizer_class": "CodeGenTokenizer"}}),
    "codegen tables with bos": ("gpt2", {"tables": True, "config.json": {"model_type": "phi"},
        "tokenizer_config.json": {"tokenizer_class": "CodeGenTokenizer", "add_bos_token": True}}),
    "neox": ("llama3", {"config.json": {"model_type": "gpt_neox"}, "tokenizer_config.json": {
        "tokenizer_class": "GPTNeoXTokenizer", "bos_token": "<|begin_of_text|>", "add_bos_token": True}}),
    "neox tables": ("gpt2", {"tables": True, "tokenizer_config.json": {
        "tokenizer_class": "GPTNeoXTokenizerFast", "add_bos_token": True, "add_eos_token": True}}),
    "starcoder": ("gpt2", {"config.json": {"model_type": "starcoder2"}, "tokenizer_config.json": {
        "tokenizer_class": "GPT2Tokenizer"}},
        {"pre_tokenizer": {"type": "Digits", "individual_digits": True}}),
    "falcon": ("gpt2", {"tokenizer_config.json": {"tokenizer_class": "PreTrainedTokenizerFast", "eos_token": END}},
        {"pre_tokenizer": {"type": "Sequence", "pretokenizers": [
            {"type": "Punctuation", "behavior": "Contiguous"},
            {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True},
            {"type": "Digits", "individual_digits": False},
            {"type": "Split", "pattern": {"Regex": "[0-9][0-9][0-9]"}, "behavior": "Isolated", "invert": False}]}}),
    "cohere": ("llama3", {"config.json": {"model_type": "cohere"}, "tokenizer_config.json": {
        "tokenizer_class": "CohereTokenizerFast", "bos_token": "<|begin_of_text|>", "eos_token": "<|end_of_text|>"}}),
    "qwen2": ("qwen2", {"config.json": {"model_type": "qwen2"}, "tokenizer_config.json": {
        "tokenizer_class": "Qwen2Tokenizer", "bos_token": None, "unk_token": None, "eos_token": "<|im_end|>",
        "pad_token": END, "additional_special_tokens": ["<|im_start|>", "<|im_end|>"], "model_max_length": 131072}}),
    "qwen2 tables": ("qwen2", {"tables": True, "config.json": {"model_type": "qwen3"}, "tokenizer_config.json": {
        "tokenizer_class": "Qwen2TokenizerFast", "add_bos_token": False, "bos_token": None, "eos_token": "<|im_end|>",
        "pad_token": END, "unk_token": None, "extra_special_tokens": {},
        "additional_special_tokens": ["<|im_start|>", "<|im_end|>"],
        "added_tokens_decoder": {
            "360": added(END, special=True), "361": added("<|im_start|>", special=True),
            "362": added("<|im_end|>", special=True, rstrip=True), "363": added("<think>", special=False)}}}),
    "qwen2 misdeclared": ("qwen2", {"config.json": {"model_type": "qwen2"}, "tokenizer_config.json": {
        "tokenizer_class": "LlamaTokenizerFast", "bos_token": "<|im_start|>", "eos_token": END}}),
    "qwen3.5": ("qwen2", {"config.json": {"model_type": "qwen3_5"}, "tokenizer_config.json": {
        "backend": "tokenizers", "tokenizer_class": "Qwen3_5Tokenizer", "image_token": "<|image_pad|>",
        "extra_special_tokens": {"vision_token": "<|vision|>"}, "model_max_length": 10**30}}),
    "special tokens left to the model": ("qwen2", {"tokenizer_config.json": {
        "tokenizer_class": "TokenizersBackend", "eos_token": "<|im_end|>", "split_special_tokens": True}}),
    "llama2": ("llama2", {"config.json": {"model_type": "llama"}, "tokenizer_config.json": {
        "tokenizer_class": "LlamaTokenizer", "legacy": False, "add_bos_token": False, "add_eos_token": True,
        "clean_up_tokenization_spaces": True, "bos_token": typed("<s>"), "eos_token": typed("</s>"),
        "unk_token": typed("<unk>"), "pad_token": None, "model_max_length": 4096}}),
    "llama2 legacy": ("llama2", {"config.json": {"model_type": "llama"}, "tokenizer_config.json": {
        "tokenizer_class": "LlamaTokenizerFast", "legacy": True, "pad_token": "[PAD]", **LLAMA}}),
    "llama2 without prefix space": ("llama2", {"config.json": {"model_type": "llama"}, "tokenizer_config.json": {
        "tokenizer_class": "LlamaTokenizer", "add_prefix_space": False, "legacy": None}}),
    "llama2 of 5": ("llama2", {"config.json": {"model_type": "llama"}, "tokenizer_config.json": {
        "backend": "tokenizers", "tokenizer_class": "TokenizersBackend", "is_local": True, **LLAMA}}),
    "llama2 with decoder": ("llama2", {"config.json": {"model_type": "llama"}, "tokenizer_config.json": {
        "tokenizer_class": "LlamaTokenizer", "added_tokens_decoder": {
            "0": added("<unk>", special=True), "1": added("<s>", special=True, normalized=True),
            "2": added("</s>", special=False), "420": added("word", special=False, single_word=True)}, **LLAMA}}),
    "cleaned up although it corrupts": ("llama2", {"tokenizer_config.json": {
        "clean_up_tokenization_spaces": True,
        "clean_up_tokenization_spaces_for_bpe_even_though_it_will_corrupt_output": True, **LLAMA}}),
    "mistral declared llama": ("mistral", {"config.json": {"model_type": "mistral"}, "tokenizer_config.json": {
        "tokenizer_class": "LlamaTokenizer", "legacy": True, **LLAMA}}),
    "phi3 declared llama": ("llama2", {"config.json": {"model_type": "phi3"}, "tokenizer_config.json": {
        "tokenizer_class": "LlamaTokenizer", "bos_token": "<s>", "eos_token": END}}),
    "llama3 declared llama": ("llama3", {"config.json": {"model_type": "llama"}, "tokenizer_config.json": {
        "tokenizer_class": "LlamaTokenizer", "bos_token": "<|begin_of_text|>", "eos_token": "<|end_of_text|>"}}),
    "llama3": ("llama3", {"config.json": {"model_type": "llama"}, "tokenizer_config.json": {
        "tokenizer_class": "PreTrainedTokenizerFast", "bos_token": "<|begin_of_text|>",
        "eos_token": "<|eot_id|>", "special_tokens": "ignored", "model_max_length": 131072}}),
    "llama3 with a map": ("llama3", {"special_tokens_map.json": {
        "bos_token": added("<|begin_of_text|>", rstrip=True), "eos_token": "<|end_of_text|>", "pad_token": "<pad>"}}),
    "code llama": ("llama2", {"config.json": {"model_type": "llama"}, "tokenizer_config.json": {
        "tokenizer_class": "CodeLlamaTokenizer", **LLAMA}}),
    "gemma": ("gemma", {"config.json": {"model_type": "gemma"}, "tokenizer_config.json": {
        "tokenizer_class": "GemmaTokenizer", "add_bos_token": True}}),
    "gemma by model type": ("gemma", {"config.json": {"model_type": "gemma3_text"}}),
    "own code": ("llama2", {"config.json": {"model_type": "llama"}, "tokenizer_config.json": {
        "tokenizer_class": "LlamaTokenizer", "auto_map": {"AutoTokenizer": ["own.Own", "own.Own"]}, **LLAMA}}),
    "class of config.json": ("llama2", {"config.json": {"model_type": "llama", "tokenizer_class": "LlamaTokenizer"},
        "tokenizer_config.json": LLAMA}),
    "no post-processor": ("llama2", {"tokenizer_config.json": {"add_bos_token": True, **LLAMA}},
        {"post_processor": None}),
}  # fmt: skip
SPLIT = {"type": "Split", "pattern": {"Regex": r"\s+|\p{Lu}"}, "invert": False}
COMPONENTS = {
    "pre_tokenizer": [
        *(SPLIT | {"behavior": behavior, "invert": invert}
          for behavior in ("Removed", "Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous")
          for invert in (False, True)),
        {"type": "Split", "pattern": {"String": "."}, "behavior": "MergedWithPrevious", "invert": False},
        {"type": "Split", "pattern": {"Regex": bases.LLAMA3}, "behavior": "Removed", "invert": True},
        {"type": "Split", "pattern": {"Regex": r"\b\w{2,}?|\d(?=\D|$)|[^\W_]&&[a-f]"}, "behavior": "Isolated",
         "invert": False},
        {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True},
        {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": False, "use_regex": False},
        {"type": "Digits", "individual_digits": True},
        {"type": "Digits", "individual_digits": False},
        {"type": "Punctuation", "behavior": "Isolated"},
        {"type": "Punctuation", "behavior": "Contiguous"},
        {"type": "Punctuation", "behavior": "MergedWithNext"},
        {"type": "CharDelimiterSplit", "delimiter": "a"},
        {"type": "Whitespace"},
        {"type": "WhitespaceSplit"},
        *({"type": "Metaspace", "replacement": "▁", "prepend_scheme": scheme, "split": split}
          for scheme in ("always", "first", "never") for split in (True, False)),
        {"type": "Sequence", "pretokenizers": [
            {"type": "WhitespaceSplit"},
            {"type": "Metaspace", "replacement": "_", "prepend_scheme": "first", "split": True}]},
    ],
    "normalizer": [
        {"type": "NFC"}, {"type": "NFD"}, {"type": "NFKC"}, {"type": "NFKD"}, {"type": "Lowercase"},
        {"type": "Strip", "strip_left": True, "strip_right": True},
        {"type": "Strip", "strip_left": False, "strip_right": True},
        {"type": "Prepend", "prepend": "▁"},
        {"type": "Replace", "pattern": {"String": " "}, "content": "$&"},
        {"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": "$1"},
        {"type": "Sequence", "normalizers": [{"type": "Strip", "strip_left": True, "strip_right": False},
                                             {"type": "Prepend", "prepend": "> "}]},
    ],
}  # fmt: skip


def compact(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def digest(value):
    return hashlib.sha256(compact(value).encode()).hexdigest()


def brief(answer):
    text = compact(answer)
    return answer if len(text) <= LONGEST else hashlib.sha256(text.encode()).hexdigest()[:16]


def write_folder(folder, parts, files, changes):
    files = dict(files)
    if files.pop("tables", False):
        merges = "".join(f"{left} {right}\n" for left, right in parts["model"]["merges"])
        (folder / "vocab.json").write_text(compact(parts["model"]["vocab"]))
        (folder / "merges.txt").write_text("#version: 0.2\n" + merges)
    else:
        (folder / "tokenizer.json").write_text(compact(parts | changes))
    for name, content in files.items():
        (folder / name).write_text(compact(content))


def answers(folder, detailed):
    facts = reference.facts(folder)
    sequences = [[(i * 7919 + j * 104729) % facts["size"] for j in range(i % 9 + 1)] for i in range(60)]
    encoded = reference.encoded(folder, NASTY)
    asked = reference.BOS_MODES if reference.has_prefix(folder) else ()
    return {
        "facts": facts,
        "backend": reference.backend(folder),
        "encoded": [brief(answer) for answer in encoded] if detailed else digest(encoded),
        "decoded": digest(reference.decoded(folder, sequences)),
        "pairs": {bos: pairs_of(folder, bos, detailed) for bos in asked},
        "texts": {bos: digest(reference.texts_of(folder, NASTY, bos)) for bos in asked},
    }


def pairs_of(folder, bos, detailed):
    found = reference.pairs(folder, PAIRS, bos)
    return [brief(answer) for answer in found] if detailed else digest(found)


def cases(written):
    for name, (base, files, *changes) in CASES.items():
        with tempfile.TemporaryDirectory() as path:
            folder = Path(path)
            write_folder(folder, written[base], files, changes[0] if changes else {})
            yield {"name": name, "base": base, "files": files, "changes": changes[0] if changes else {},
                   **answers(folder, name in DETAILED)}


DETAILED = ("added tokens of every kind", "qwen2", "llama2", "llama3")


def components(parts):
    for kind, configs in COMPONENTS.items():
        for config in configs:
            part = getattr(Tokenizer.from_str(compact(parts | {kind: config})), kind)
            if kind == "normalizer":
                found = [part.normalize_str(text) for text in NASTY]
            else:
                found = [[piece for piece, _ in part.pre_tokenize_str(text)] for text in NASTY]
            yield {"kind": kind, "config": config, "sha256": digest(found)}


def main(out):
    written = bases.written()
    for name, parts in written.items():
        (out / f"{name}.json").write_text(compact(parts) + "\n")
    lines = ",\n".join(compact(case) for case in cases(written))
    (out / "cases.json").write_text(f"[\n{lines}\n]\n")
    (out / "texts.json").write_text(json.dumps({"texts": NASTY, "pairs": PAIRS}, ensure_ascii=False, indent=1) + "\n")
    lines = ",\n".join(compact(component) for component in components(written["gpt2"]))
    (out / "components.json").write_text(f"[\n{lines}\n]\n")
    registered = {model: (name or "").removesuffix("Fast") for model, name in sorted(TOKENIZER_MAPPING_NAMES.items())}
    registered = {model: name for model, name in registered.items() if name in CLASSES}
    misdeclared = sorted(MODELS_WITH_INCORRECT_HUB_TOKENIZER_CLASS & set(registered))
    (out / "classes.json").write_text(compact({"registered": registered, "misdeclared": misdeclared}) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
