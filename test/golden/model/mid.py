"""Two random checkpoints in the shapes of known models, for timing: SmolLM-135M and Llama-3.2-1B, tied, BF16.

Each linear weight is drawn with a standard deviation of gain / √inputs, and the embedding with one that spreads the
logits to about ±10. The tokenizer is copied from elsewhere; its vocabulary is smaller, and the rows that pad it are ten times
shorter, so that greedy decoding takes tokens that the tokenizer has.
"""

import json
import math
import shutil
from pathlib import Path

import torch
from transformers import LlamaConfig, LlamaForCausalLM

REACH = 10  # of the logits

SHAPES = {
    # name: (tokenizer, bos, eos, config)
    "llama-135m": ("tinyllama", "<s>", "</s>", dict(
        vocab_size=49152, hidden_size=576, intermediate_size=1536, num_hidden_layers=30, num_attention_heads=9,
        num_key_value_heads=3, max_position_embeddings=2048, rms_norm_eps=1e-5, tie_word_embeddings=True,
        rope_parameters=dict(rope_type="default", rope_theta=10000.0))),
    "llama-1b": ("gpt2", "<|endoftext|>", "<|endoftext|>", dict(
        vocab_size=128256, hidden_size=2048, intermediate_size=8192, num_hidden_layers=16, num_attention_heads=32,
        num_key_value_heads=8, head_dim=64, max_position_embeddings=131072, rms_norm_eps=1e-5, tie_word_embeddings=True,
        rope_parameters=dict(rope_type="llama3", rope_theta=500000.0, factor=32.0, low_freq_factor=1.0, high_freq_factor=4.0,
                             original_max_position_embeddings=8192))),
}


def make_mid(out: Path, tokenizers: Path) -> None:
    for number, (name, (tokenizer, bos, eos, options)) in enumerate(SHAPES.items()):
        folder = out / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        vocabulary = copy_tokenizer(tokenizers / tokenizer / "tokenizer.json", folder, bos, eos, options["max_position_embeddings"])
        torch.manual_seed(number)
        config = LlamaConfig(**options, dtype=torch.bfloat16, bos_token_id=vocabulary[bos], eos_token_id=vocabulary[eos])
        with torch.device("meta"):
            model = LlamaForCausalLM(config)
        model = model.to(torch.bfloat16).to_empty(device="cpu")
        model.tie_weights()
        fill(model, config, max(vocabulary.values()) + 1)
        model.save_pretrained(folder)
        (folder / "model.safetensors").chmod(0o644)
        print(name, sum(parameter.numel() for parameter in model.parameters()), flush=True)


def fill(model: LlamaForCausalLM, config: LlamaConfig, tokens: int) -> None:
    # the largest of n normal numbers stands about √(2 ln n) deviations out; the final norm makes rows of length √hidden
    spread = REACH / math.sqrt(2 * math.log(tokens) * config.hidden_size)
    for name, parameter in model.named_parameters():
        if parameter.dim() == 1:
            parameter.data.normal_(1, 0.1)
        elif "embed_tokens" in name:
            parameter.data.normal_(0, spread)
            parameter.data[tokens:] *= 0.1
        else:
            parameter.data.normal_(0, 1 / math.sqrt(parameter.shape[1]))


def copy_tokenizer(source: Path, folder: Path, bos: str, eos: str, length: int) -> dict[str, int]:
    shutil.copyfile(source, folder / "tokenizer.json")
    settings = dict(tokenizer_class="PreTrainedTokenizerFast", bos_token=bos, eos_token=eos, model_max_length=length,
                    clean_up_tokenization_spaces=False)
    (folder / "tokenizer_config.json").write_text(json.dumps(settings, indent=2) + "\n")
    tokenizer = json.loads(source.read_text())
    added = {token["content"]: token["id"] for token in tokenizer["added_tokens"]}
    return {**tokenizer["model"]["vocab"], **added}
