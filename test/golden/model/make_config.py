"""What transformers takes from a configuration: inverse frequencies of rotary embeddings, and values that are not named.

    python make_config.py OUT_FOLDER                      # test/golden/model is that

Made with transformers 5.23.0, torch 2.15.0 on the CPU. float32 values are written as the shortest numbers that round to them.

rope.json: [{config, length, inverse, factor, table?: {positions, cosines, sines}}]: `config` as config.json has it, `inverse` for
  a sequence of `length` tokens, the table [positions, dimension / 2] of some
defaults.json: {class: {config, expected}}: a config.json of the sizes alone, and what the class makes of it
"""

import argparse
import os
import sys
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"
sys.dont_write_bytecode = True

import torch
import transformers
from files import write_json
from transformers.models.llama.modeling_llama import LlamaRotaryEmbedding
from transformers.models.phi3.modeling_phi3 import Phi3RotaryEmbedding

SIZES = dict(vocab_size=64, hidden_size=256, intermediate_size=96, num_hidden_layers=8, num_attention_heads=32)
LLAMA = dict(SIZES, model_type="llama", num_attention_heads=2, max_position_embeddings=131072)
PHI3 = dict(SIZES, model_type="phi3", num_attention_heads=4, max_position_embeddings=4096, original_max_position_embeddings=1024)
LLAMA3 = dict(rope_type="llama3", low_freq_factor=1.0, high_freq_factor=4.0, original_max_position_embeddings=8192)
SHORT = [1 + i / 7 for i in range(32)]
LONG = [1.05 * 1.08 ** i for i in range(32)]
LONGROPE = dict(rope_type="longrope", short_factor=SHORT, long_factor=LONG)

ROPES = [
    (dict(LLAMA, head_dim=64, rope_parameters=dict(rope_type="default", rope_theta=10000.0)), 16),
    (dict(LLAMA, head_dim=128, rope_parameters=dict(rope_type="default", rope_theta=500000.0)), 16),
    (dict(LLAMA, head_dim=80, rope_parameters=dict(rope_type="default", rope_theta=1000000.0)), 16),
    (dict(LLAMA, head_dim=64, rope_parameters=dict(rope_type="linear", rope_theta=10000.0, factor=2.2)), 16),
    (dict(LLAMA, head_dim=64, rope_parameters=dict(rope_type="linear", rope_theta=1000000.0, factor=8.0)), 16),
    (dict(LLAMA, head_dim=64, max_position_embeddings=2048, rope_parameters=dict(
        rope_type="dynamic", rope_theta=10000.0, factor=4.0)), 2048),
    (dict(LLAMA, head_dim=128, rope_parameters=dict(LLAMA3, rope_theta=500000.0, factor=8.0)), 16),
    (dict(LLAMA, head_dim=64, rope_parameters=dict(LLAMA3, rope_theta=500000.0, factor=32.0)), 16),
    # without it the original length is the model's
    (dict(LLAMA, head_dim=64, max_position_embeddings=2048, rope_parameters=dict(
        {key: value for key, value in LLAMA3.items() if not key.startswith("original")}, rope_theta=500000.0, factor=8.0)), 16),
    (dict(PHI3, rope_theta=10000.0, rope_scaling=LONGROPE), 1024),
    (dict(PHI3, rope_theta=10000.0, rope_scaling=LONGROPE), 1025),
    (dict(PHI3, rope_theta=10000.0, rope_scaling=dict(LONGROPE, rope_type="su", original_max_position_embeddings=1024)), 1025),
    (dict(PHI3, rope_parameters=dict(LONGROPE, rope_theta=10000.0, factor=8.0)), 1024),
    (dict(PHI3, rope_parameters=dict(LONGROPE, rope_theta=10000.0, attention_factor=1.5)), 1024),
    # Phi3Config has an original length of its own, whatever the rotary embedding says
    (dict({key: value for key, value in PHI3.items() if not key.startswith("original")}, max_position_embeddings=131072,
          rope_parameters=dict(LONGROPE, rope_theta=10000.0, original_max_position_embeddings=2048)), 4096),
    (dict(PHI3, partial_rotary_factor=0.5, rope_theta=10000.0, rope_scaling=dict(
        rope_type="longrope", short_factor=SHORT[:16], long_factor=LONG[:16])), 2000),
]
# Llama has no partial rotation: the field is of another model
IGNORED = [(dict(LLAMA, head_dim=64, partial_rotary_factor=0.5, rope_parameters=dict(rope_type="default", rope_theta=10000.0)), 16)]

TABLES = (1025, 2048)
CLASSES = ["Llama", "Mistral", "Qwen2", "Qwen3", "Phi3", "Gemma", "Gemma2", "Gemma3"]


def config_of(raw: dict) -> transformers.PretrainedConfig:
    copy = {key: dict(value) if isinstance(value, dict) else value for key, value in raw.items()}
    return transformers.AutoConfig.for_model(**copy)


def rope(raw: dict, length: int) -> dict:
    config = config_of(raw)
    module = (Phi3RotaryEmbedding if raw["model_type"] == "phi3" else LlamaRotaryEmbedding)(config)
    positions = [1, length - 1]
    cosines, sines = module(torch.zeros(1), torch.tensor([positions]))
    half = module.inv_freq.numel()
    name = "Phi3ForCausalLM" if raw["model_type"] == "phi3" else "LlamaForCausalLM"
    table = {"positions": positions, "cosines": floats(cosines[0, :, :half]), "sines": floats(sines[0, :, :half])}
    return {"config": {"architectures": [name], **raw}, "length": length, "inverse": floats(module.inv_freq),
            "factor": module.attention_scaling, **({"table": table} if length in TABLES else {})}


def floats(values: torch.Tensor) -> list[float]:
    return [float(str(value)) for value in values.flatten().numpy()]


def defaults(name: str) -> dict:
    kind = "gemma3_text" if name == "Gemma3" else name.lower()
    raw = dict(SIZES, model_type=kind)
    config = config_of(raw)
    take = ["num_key_value_heads", "head_dim", "max_position_embeddings", "rms_norm_eps", "sliding_window", "layer_types",
            "hidden_act", "hidden_activation", "tie_word_embeddings", "attention_bias", "mlp_bias", "query_pre_attn_scalar",
            "attn_logit_softcapping", "final_logit_softcapping", "rope_parameters"]
    expected = {key: getattr(config, key) for key in take if hasattr(config, key)}
    return {"config": {"architectures": [f"{name}ForCausalLM"], **raw}, "expected": expected}


if __name__ == "__main__":
    transformers.logging.set_verbosity_error()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    out = parser.parse_args().out
    torch.set_num_threads(1)
    write_json(out / "rope.json", [rope(*case) for case in [*ROPES, *IGNORED]])
    write_json(out / "defaults.json", {name: defaults(name) for name in CLASSES})
