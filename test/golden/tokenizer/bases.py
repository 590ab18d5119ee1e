"""Small tokenizers of the families that language models have, trained on the text below."""

import json
import math
from collections import Counter

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

from texts import NASTY

TEXT = """Once upon a time there was a small model that read every line twice. The model was happy when the next word was
the word that it had thought of, and the people who read with it were happy too. "Is it true?" they asked. "Yes," it
said, "it is true that the question has an answer." Don't ask what the answer is; we'll see, they've said, it's there.
The quick brown fox jumps over the lazy dog, and the dog jumps over the other fox. In 1984 there were 12,345 foxes and
67.8 % of them were brown. Die Straße ist naß, la forêt est là, mañana será otro día. Привет, мир. 你好，世界。 नमस्ते
def read(line: str) -> bool:
    for word in line.split(" "):
        if word == "fox": return True
    return False
"""
LLAMA3 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|"
    r"\s+(?!\S)|\s+"
)
QWEN2 = LLAMA3.replace("{1,3}", "")
BYTES = [f"<0x{byte:02X}>" for byte in range(256)]


def token(text, **settings):
    return AddedToken(text, **({"special": True, "normalized": False} | settings))


def train(tokenizer, size, specials, byte_level):
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet()) if byte_level else []
    trainer = trainers.BpeTrainer(vocab_size=size, special_tokens=specials, initial_alphabet=alphabet,
                                  show_progress=False)
    tokenizer.train_from_iterator(TEXT.splitlines(), trainer)
    return tokenizer


def gpt2():
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=False)
    return train(tokenizer, 380, ["<|endoftext|>"], True)


def byte_level(regex, size):
    tokenizer = Tokenizer(models.BPE())
    split = pre_tokenizers.Split(Regex(regex), behavior="isolated")
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([split, pre_tokenizers.ByteLevel(False, use_regex=False)])
    tokenizer.decoder = decoders.ByteLevel()
    return train(tokenizer, size, [], True)


def qwen2():
    tokenizer = byte_level(QWEN2, 360)
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.add_special_tokens([token("<|endoftext|>"), token("<|im_start|>"), token("<|im_end|>")])
    tokenizer.add_tokens([token("<think>", special=False), token("</think>", special=False)])
    return tokenizer


def llama3():
    """With words that no merge makes, which ignore_merges finds whole."""
    tokenizer = byte_level(LLAMA3, 340)
    parts = json.loads(tokenizer.to_str())
    for word in ["Ġbrown", "Ġanswer", "question", "å¥½"]:
        parts["model"]["vocab"].setdefault(word, len(parts["model"]["vocab"]))
    parts["model"]["ignore_merges"] = True
    tokenizer = Tokenizer.from_str(json.dumps(parts))
    tokenizer.add_special_tokens([token("<|begin_of_text|>"), token("<|end_of_text|>"), token("<|eot_id|>")])
    bos = ("<|begin_of_text|>", tokenizer.token_to_id("<|begin_of_text|>"))
    template = processors.TemplateProcessing(single=f"{bos[0]}:0 $A:0", pair=f"{bos[0]}:0 $A:0 $B:1",
                                             special_tokens=[bos])
    tokenizer.post_processor = processors.Sequence([processors.ByteLevel(trim_offsets=False), template])
    return tokenizer


def sentencepiece(size, specials, fallback):
    """Words are told apart while training, and the normalizer takes over afterwards."""
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=fallback))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    train(tokenizer, size, specials + (BYTES if fallback else []), False)
    parts = json.loads(tokenizer.to_str())
    parts["added_tokens"] = [added for added in parts["added_tokens"] if added["content"] not in BYTES]
    return Tokenizer.from_str(json.dumps(parts))


def add_bos(tokenizer, text):
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{text}:0 $A:0", pair=f"{text}:0 $A:0 {text}:1 $B:1",
        special_tokens=[(text, tokenizer.token_to_id(text))])
    return tokenizer


MARKS = [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()]


def llama2():
    tokenizer = sentencepiece(420, ["<unk>", "<s>", "</s>"], True)
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    tokenizer.pre_tokenizer = None
    tokenizer.decoder = decoders.Sequence([*MARKS, decoders.Strip(" ", 1, 0)])
    return add_bos(tokenizer, "<s>")


def mistral():
    """Metaspace in the place of a normalizer, and no byte fallback: what is unknown is fused."""
    tokenizer = sentencepiece(200, ["<unk>", "<s>", "</s>"], False)
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first", split=False)
    tokenizer.decoder = decoders.Metaspace(prepend_scheme="first")
    return add_bos(tokenizer, "<s>")


def gemma():
    tokenizer = sentencepiece(400, ["<pad>", "<eos>", "<bos>", "<unk>"], True)
    tokenizer.normalizer = normalizers.Replace(" ", "▁")
    tokenizer.pre_tokenizer = pre_tokenizers.Split(" ", "merged_with_previous")
    tokenizer.decoder = decoders.Sequence(MARKS)
    return add_bos(tokenizer, "<bos>")


def unigram():
    """Made by counting: the trainer's result is not the same twice. ASCII alone has byte tokens."""
    words = ["▁" + word for word in TEXT.split()]
    counts = Counter(word[start:end] for word in words for start in range(len(word))
                     for end in range(start + 1, min(len(word), start + 8) + 1))
    pieces = [piece for piece, count in counts.items() if len(piece) == 1 or count >= 9]
    total = sum(counts[piece] for piece in pieces)
    scored = sorted((round(math.log(counts[piece] / total), 3), piece) for piece in pieces)
    vocab = [(text, 0.0) for text in ["<unk>", "</s>", *BYTES[:128]]] + [(piece, score) for score, piece in scored]
    tokenizer = Tokenizer(models.Unigram(vocab, 0, True))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always", split=True)
    tokenizer.decoder = decoders.Metaspace(prepend_scheme="always")
    tokenizer.add_special_tokens([token("<unk>"), token("</s>")])
    tokenizer.post_processor = processors.TemplateProcessing(
        single="$A:0 </s>:0", pair="$A:0 </s>:0 $B:1 </s>:1", special_tokens=[("</s>", 1)])
    return tokenizer


def added():
    """Added tokens of every kind over single characters, and ids that tokenizer.json gives in vain."""
    characters = sorted({character for text in NASTY for character in text if ord(character) < 0x250})
    vocab = {character: i for i, character in enumerate(["[UNK]", "[CLS]", "[SEP]", *characters, "▁"])}
    tokenizer = Tokenizer(models.BPE(vocab=vocab, merges=[], unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.Sequence([normalizers.Strip(), normalizers.Lowercase()])
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first", split=True)
    tokenizer.decoder = decoders.Metaspace(prepend_scheme="never")
    tokenizer.post_processor = processors.RobertaProcessing(("[SEP]", 2), ("[CLS]", 1))
    tokenizer.add_special_tokens([token("[UNK]"), token("<s>", lstrip=True), token("</s>", rstrip=True)])
    tokenizer.add_tokens([
        token("word", special=False, single_word=True),
        token("TWO", special=False, normalized=True),
        token("space", special=False, normalized=True, lstrip=True, rstrip=True),
        token("<|im_end|>", lstrip=True, rstrip=True),
        token("<|im_end|", special=False),
    ])
    parts = json.loads(tokenizer.to_str())
    parts["added_tokens"] = [entry | {"id": entry["id"] + 7} for entry in parts["added_tokens"]]
    return parts


BASES = {make.__name__: make for make in (gpt2, qwen2, llama3, llama2, mistral, gemma, unigram)}


def written():
    """The tokenizer.json of each, as parts."""
    parts = {name: json.loads(make().to_str()) for name, make in BASES.items()}
    return parts | {"added": added()}
