"""Makes small tokenizers of every file form, and what the reference libraries say their vocabulary is.

    python make_vocabulary.py OUT_FOLDER     # then: prettier --write test/golden/vocabulary

Every case is a folder. golden.json gives for each the number of tokens, and the SHA-256 over the lines
`id TAB JSON string` in the order of the ids; `by` says who was asked: transformers' get_vocab() wherever it can load
the folder, sentencepiece itself for its bare model (in memory, so that no file name gets into it).
"""

import base64
import hashlib
import io
import json
import sys
from pathlib import Path

import sentencepiece
import tokenizers
import transformers
from tokenizers import AddedToken, Tokenizer, models, pre_tokenizers, trainers
from transformers import AutoTokenizer, PreTrainedTokenizerFast

TEXT = """The quick brown fox jumps over the lazy dog. A tokenizer's vocabulary moves when its base moves on: tokens are
added, tokens are removed, and every row of the embedding may stand elsewhere than before. Straße, naïve café, 東京 and
🦊 are written in more than one byte. Rows that no token has are padding; they are the padding of both or of neither.
for (let i = 0; i < rows.length; i++) rows[i] = older.get(newer[i]) ?? -1; // a row map, and nothing else
"""
CHAT = ["<|im_start|>", "<|im_end|>"]
# Names that every JavaScript object has, a number, white space, quotes, a line separator.
AWKWARD = ["<unk>", "__proto__", "constructor", "hasOwnProperty", "toString", "10", "2", "", " ", "\n", "\u2028", "\x00",
           "\"quoted\"", "back\\slash", "🦊", "e\u0301", "é"]
SLOW = {"tokenizer_class": "GPT2Tokenizer", "unk_token": "<|endoftext|>", "bos_token": "<|endoftext|>",
        "eos_token": "<|endoftext|>"}


def special(token: str) -> AddedToken:
    return AddedToken(token, special=True, normalized=False)


def trained_bpe() -> Tokenizer:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(vocab_size=360, special_tokens=["<|endoftext|>"], show_progress=False,
                                  initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()))
    tokenizer.train_from_iterator(TEXT.splitlines(), trainer)
    return tokenizer


def bpe(folder: Path) -> None:
    tokenizer = trained_bpe()
    tokenizer.add_special_tokens([special(token) for token in CHAT])
    tokenizer.save(str(folder / "tokenizer.json"))


def unigram(folder: Path) -> None:
    pieces = ["<unk>", "▁", "▁the", "▁token", "s", "e", "▁row", "__proto__", "\n", "東京"]
    tokenizer = Tokenizer(models.Unigram([(piece, -float(i)) for i, piece in enumerate(pieces)], 0, False))
    tokenizer.add_special_tokens([special("<pad>"), special("<unk>")])
    tokenizer.save(str(folder / "tokenizer.json"))


def word_piece(folder: Path) -> None:
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "the", "##s", "##ing", "row", "constructor", "##__proto__"]
    tokenizer = Tokenizer(models.WordPiece({word: i for i, word in enumerate(words)}, unk_token="[UNK]"))
    tokenizer.add_special_tokens([special("[MASK]")])
    tokenizer.save(str(folder / "tokenizer.json"))


def word_level(folder: Path) -> None:
    tokenizer = Tokenizer(models.WordLevel({word: i for i, word in enumerate(AWKWARD)}, unk_token="<unk>"))
    tokenizer.add_special_tokens([special("valueOf")])
    tokenizer.save(str(folder / "tokenizer.json"))


def vocab_json(folder: Path) -> None:
    tokenizer = trained_bpe()
    tokenizer.model.save(str(folder))
    first = tokenizer.get_vocab_size()
    (folder / "added_tokens.json").write_text(json.dumps({token: first + i for i, token in enumerate(CHAT)}))
    decoder = {first + i: {"content": token, "special": True} for i, token in enumerate([*CHAT, "<tool_call>"])}
    config = {**SLOW, "added_tokens_decoder": {"0": {"content": "<|endoftext|>", "special": True}, **decoder}}
    (folder / "tokenizer_config.json").write_text(json.dumps(config))


def vocab_txt(folder: Path) -> None:
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "the", "##s", "row", "constructor", "__proto__", "10"]
    (folder / "vocab.txt").write_text("\n".join(words) + "\n", encoding="utf-8")
    config = {"tokenizer_class": "BertTokenizer", "added_tokens_decoder": {
        str(len(words)): {"content": "[NEW]", "special": True}}}
    (folder / "tokenizer_config.json").write_text(json.dumps(config))


def sentencepiece_model(folder: Path) -> None:
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(TEXT.splitlines()), model_writer=model, model_type="bpe", vocab_size=400,
        byte_fallback=True, character_coverage=1.0, user_defined_symbols=["__proto__"],
        normalization_rule_name="identity", minloglevel=2)
    (folder / "tokenizer.model").write_bytes(model.getvalue())


def ranks(folder: Path) -> None:
    """The original Llama 3's form of the trained BPE, which is why its tokens are those of that BPE's model."""
    byte_of = {spelled: byte for byte, spelled in transformers.convert_slow_tokenizer.bytes_to_unicode().items()}
    vocabulary = sorted(trained_bpe().get_vocab(with_added_tokens=False).items(), key=lambda item: item[1])
    lines = [f"{base64.b64encode(bytes(byte_of[c] for c in token)).decode()} {rank}\n" for token, rank in vocabulary]
    (folder / "tokenizer.model").write_text("".join(lines))


CASES = {"bpe": bpe, "unigram": unigram, "word-piece": word_piece, "word-level": word_level, "vocab-json": vocab_json,
         "vocab-txt": vocab_txt, "sentencepiece": sentencepiece_model, "ranks": ranks}


def reference(folder: Path) -> tuple[str, dict[str, int]]:
    if folder.name == "ranks":
        return "tokenizers", trained_bpe().get_vocab(with_added_tokens=False)
    if folder.name == "sentencepiece":
        model = sentencepiece.SentencePieceProcessor(model_file=str(folder / "tokenizer.model"))
        return "sentencepiece", {model.id_to_piece(i): i for i in range(model.vocab_size())}
    if (folder / "tokenizer.json").exists():
        return "transformers", PreTrainedTokenizerFast(tokenizer_file=str(folder / "tokenizer.json")).get_vocab()
    return "transformers", AutoTokenizer.from_pretrained(folder).get_vocab()


def digest(vocabulary: dict[str, int]) -> str:
    lines = [f"{i}\t{json.dumps(token, ensure_ascii=False)}\n" for token, i in
             sorted(vocabulary.items(), key=lambda item: item[1])]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def main(out: Path) -> None:
    golden = {"versions": {library.__name__: library.__version__ for library in
                           (transformers, tokenizers, sentencepiece)}, "cases": {}}
    for name, make in CASES.items():
        folder = out / name
        folder.mkdir(parents=True, exist_ok=True)
        make(folder)
        by, vocabulary = reference(folder)
        golden["cases"][name] = {"by": by, "tokens": len(vocabulary), "sha256": digest(vocabulary)}
    (out / "golden.json").write_text(json.dumps(golden, indent=2) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
