"""The sample architecture, its tokenizer, and the training loop of the base versions."""

import math
import time
from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

VOCABULARY = 2048
CONTEXT = 128


def make_tokenizer(text: str) -> PreTrainedTokenizerFast:
    """A byte-level BPE with a beginning-of-sequence token, like Llama 3's in shape."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=["<s>", "</s>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(text.split("\n"), trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A", pair="<s> $A $B", special_tokens=[("<s>", 0)]
    )
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, bos_token="<s>", eos_token="</s>", pad_token="</s>")


def make_config() -> LlamaConfig:
    return LlamaConfig(
        vocab_size=VOCABULARY, hidden_size=128, intermediate_size=384, num_hidden_layers=6, num_attention_heads=4,
        num_key_value_heads=2, head_dim=32, max_position_embeddings=256, rms_norm_eps=1e-5, tie_word_embeddings=True,
        bos_token_id=0, eos_token_id=1, pad_token_id=1, initializer_range=0.04,
    )


def encode(tokenizer: PreTrainedTokenizerFast, text: str) -> torch.Tensor:
    """The whole text as one row of token ids, lines joined by their newline token."""
    lines = tokenizer([line + "\n" for line in text.split("\n")], add_special_tokens=False)["input_ids"]
    return torch.tensor([token for line in lines for token in line], dtype=torch.long)


def perplexity(model: LlamaForCausalLM, tokens: torch.Tensor, rows: int = 200) -> float:
    """On the last `rows` windows of the text, which training never sees."""
    model.eval()
    windows = tokens[-rows * CONTEXT :].view(rows, CONTEXT)
    with torch.no_grad():
        losses = [model(input_ids=batch, labels=batch).loss.item() for batch in windows.split(50)]
    return math.exp(sum(losses) / len(losses))


def pretrain(model: LlamaForCausalLM, tokens: torch.Tensor, steps: int, rate: float, seed: int, held: int = 200,
             batch: int = 32, label: str = "") -> None:
    """AdamW on all weights, linear warm-up then cosine to a tenth; windows drawn at random."""
    generator = torch.Generator().manual_seed(seed)
    usable = len(tokens) - (held + 1) * CONTEXT
    optimizer = torch.optim.AdamW(model.parameters(), lr=rate, betas=(0.9, 0.95), weight_decay=0.05)
    warm = max(20, steps // 20)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer,
        lambda step: min(1.0, (step + 1) / warm) * (0.1 + 0.9 * 0.5 * (1 + math.cos(math.pi * step / steps))),
    )
    model.train()
    begin = time.time()
    for step in range(steps):
        starts = torch.randint(0, usable, (batch,), generator=generator)
        rows = torch.stack([tokens[start : start + CONTEXT] for start in starts])
        rows[:, 0] = 0
        loss = model(input_ids=rows, labels=rows).loss
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        if step % 50 == 0 or step == steps - 1:
            print(f"{label} step {step}/{steps} loss {loss.item():.3f} {time.time() - begin:.0f}s", flush=True)


def save(model: LlamaForCausalLM, tokenizer: PreTrainedTokenizerFast, folder: Path, shard: str) -> None:
    model.to(torch.bfloat16).save_pretrained(folder, max_shard_size=shard)
    tokenizer.save_pretrained(folder)


def load(folder: Path) -> LlamaForCausalLM:
    """The stored bf16 weights, widened to float32 for arithmetic."""
    return LlamaForCausalLM.from_pretrained(folder, dtype=torch.float32)
