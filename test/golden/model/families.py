"""The cases: a family's configuration with one or two of its features, and the fields that the logits must depend on."""

from dataclasses import dataclass, field
from typing import Any, Callable

import torch
import transformers

Json = dict[str, Any]
DEFAULT_ROPE = dict(rope_type="default", rope_theta=10000.0)
SIZES = dict(vocab_size=64, hidden_size=32, intermediate_size=24, num_hidden_layers=2, num_attention_heads=4,
             num_key_value_heads=2, max_position_embeddings=64, bos_token_id=1, eos_token_id=2, pad_token_id=None, tie_word_embeddings=True)
LLAMA3 = dict(rope_type="llama3", factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0)


@dataclass
class Case:
    family: str
    options: Json
    what: str
    dtype: torch.dtype = torch.bfloat16
    shard: str = "1MB"
    # config.json as transformers 4 wrote it, in place of transformers 5's
    v4: Callable[[Json], Json] | None = None
    # the same beside it, as config.v4.json
    also_v4: Callable[[Json], Json] | None = None
    # changes of config.json by dotted path, each of which must move the logits …
    matters: list[Json] = field(default_factory=list)
    # … and must not
    indifferent: list[Json] = field(default_factory=list)

    def build(self) -> transformers.PreTrainedModel:
        config = getattr(transformers, f"{self.family}Config" if self.family != "Gemma3" else "Gemma3TextConfig")
        options = {**SIZES, "rope_parameters": dict(DEFAULT_ROPE), **self.options, "attn_implementation": "eager"}
        return getattr(transformers, f"{self.family}ForCausalLM")(config(**options))


def v4(drop: tuple[str, ...] = (), version: str = "4.44.2", keep: tuple[str, ...] = (), **extra) -> Callable[[Json], Json]:
    """rope_parameters → rope_theta and rope_scaling, dtype → torch_dtype, no layer_types; sorted, as it was saved."""

    def convert(config: Json) -> Json:
        rope = dict(config["rope_parameters"])
        theta = rope.pop("rope_theta", None)
        partial = rope.pop("partial_rotary_factor", None)
        old = {**config, "rope_theta": theta, "torch_dtype": config["dtype"], "transformers_version": version,
               "rope_scaling": rope if rope.get("rope_type") not in (None, "default") else None,
               **({} if partial in (None, 1.0) else {"partial_rotary_factor": partial}), **extra}
        gone = {"rope_parameters", "dtype", "layer_types", "use_bidirectional_attention", *drop} - set(keep)
        gone |= {"pad_token_id"} if old["pad_token_id"] is None else set()
        return {key: old[key] for key in sorted(old) if key not in gone}

    return convert


def phi3_v4(version: str) -> Callable[[Json], Json]:
    """Phi 3 wrote "type", and the original length beside rope_scaling."""

    def convert(config: Json) -> Json:
        old = v4(version=version)(config)
        if old["rope_scaling"] is not None:
            factors = {key: old["rope_scaling"][key] for key in ("long_factor", "short_factor")}
            old["rope_scaling"] = {**factors, "type": "longrope"}
        return old

    return convert


def llama(what: str, matters: list[Json], also: Json | None = None, **options) -> Case:
    return Case("Llama", options, what, matters=[{"rope_parameters.rope_theta": 100.0}, *matters], **(also or {}))


LAYERS = ["sliding_attention", "sliding_attention", "full_attention", "sliding_attention"]
GEMMA2 = dict(head_dim=16, num_attention_heads=2, num_key_value_heads=1, sliding_window=5,
              query_pre_attn_scalar=20, pad_token_id=0, attn_logit_softcapping=5.0, final_logit_softcapping=3.0, bos_token_id=2, eos_token_id=1)
GEMMA3 = dict(head_dim=16, num_attention_heads=2, num_key_value_heads=1, num_hidden_layers=4, sliding_window=5,
              query_pre_attn_scalar=20, pad_token_id=0, bos_token_id=2, eos_token_id=1, layer_types=LAYERS, rope_parameters=dict(
                  full_attention=dict(rope_type="linear", factor=8.0, rope_theta=1000000.0),
                  sliding_attention=dict(rope_type="default", rope_theta=10000.0)))
SOFTCAPS = [{"attn_logit_softcapping": None}, {"final_logit_softcapping": None}, {"query_pre_attn_scalar": 12},
            {"sliding_window": 24}]
PHI3 = dict(pad_token_id=0, tie_word_embeddings=False, original_max_position_embeddings=64, sliding_window=None)
LONGROPE = dict(rope_type="longrope", rope_theta=10000.0, short_factor=[1.0, 1.25, 1.5, 2.0], long_factor=[1.0, 3.0, 8.0, 16.0],
                original_max_position_embeddings=32)
QWEN_WINDOW = [{"sliding_window": 24}, {"use_sliding_window": False, "layer_types": None}]
NO_HIDDEN_DEFAULT = ("attention_bias", "attention_dropout", "head_dim", "mlp_bias")

CASES = {
    "llama2-f32": Case(
        "Llama", dict(num_key_value_heads=4, tie_word_embeddings=False, rms_norm_eps=1e-5),
        "multi-head attention, untied", torch.float32, matters=[{"rope_parameters.rope_theta": 100.0}],
        # as Llama 2 was published: neither rope_theta nor a bias or a head_dim is named
        also_v4=v4((*NO_HIDDEN_DEFAULT, "rope_theta"), "4.31.0")),
    "llama-bf16": llama("grouped-query attention, tied", []),
    "llama-f16-sharded": llama("float16 in three shards", [], dict(dtype=torch.float16, shard="11KB")),
    "llama3.1": llama(  # with these numbers one frequency is kept, one is between, the others are divided
        "rope llama3, v5 spelling", [{f"rope_parameters.{key}": value} for key, value in dict(
            rope_type="default", factor=4.0, low_freq_factor=0.5, high_freq_factor=3.0, original_max_position_embeddings=16).items()],
        num_attention_heads=2, num_key_value_heads=1,
        rope_parameters=dict(**LLAMA3, rope_theta=10000.0, original_max_position_embeddings=32)),
    "llama-v4-config": Case(
        "Llama", dict(rope_parameters=dict(**LLAMA3, rope_theta=500000.0, original_max_position_embeddings=16)),
        "rope llama3, v4 spelling: rope_theta, rope_scaling, torch_dtype, no head_dim", v4=v4(("head_dim",), "4.43.0.dev0"),
        matters=[{"rope_theta": 10000.0}, {"rope_scaling": None}, {"rope_scaling.factor": 4.0}]),
    "llama-linear": llama(
        "rope linear", [{"rope_parameters.factor": 1.0}], dict(
            # before 4.43 the type stood under "type"
            also_v4=v4(("head_dim", "mlp_bias"), "4.36.2", rope_scaling=dict(type="linear", factor=2.0))),
        rope_parameters=dict(rope_type="linear", factor=2.0, rope_theta=10000.0)),
    "llama-dynamic": llama(
        "rope dynamic, which is the default up to max_position_embeddings", [], dict(
            indifferent=[{"rope_parameters.rope_type": "default"}],
            also_v4=v4(("head_dim", "mlp_bias"), "4.36.2", rope_scaling=dict(type="dynamic", factor=4.0))),
        rope_parameters=dict(rope_type="dynamic", factor=4.0, rope_theta=10000.0)),
    "llama-bias": llama("attention_bias and mlp_bias", [], attention_bias=True, mlp_bias=True),
    "llama-headdim": llama(
        "head_dim that is not hidden_size / num_attention_heads; a large rms_norm_eps", [{"rms_norm_eps": 1e-5}],
        head_dim=24, num_attention_heads=2, num_key_value_heads=1, rms_norm_eps=0.02),
    "mistral-window": Case(
        "Mistral", dict(sliding_window=5, head_dim=16), "sliding window in all layers, explicit head_dim",
        matters=[{"sliding_window": None}, {"sliding_window": 4}, {"sliding_window": 6}]),
    "mistral-nowindow": Case(
        "Mistral", dict(sliding_window=None, rope_parameters=dict(rope_type="default", rope_theta=1000000.0)),
        "sliding_window null", matters=[{"sliding_window": 7}, {"rope_parameters.rope_theta": 10000.0}]),
    "mistral-f32-sharded": Case(
        "Mistral", dict(sliding_window=None, head_dim=8, num_attention_heads=2, num_key_value_heads=1, tie_word_embeddings=False,
                        rope_parameters=dict(rope_type="default", rope_theta=1000000000.0)),
        "three shards, untied, sliding_window null in v4 spelling", torch.float32, "21KB", v4=v4(("rope_scaling",), "4.53.1"),
        matters=[{"rope_theta": 10000.0}, {"sliding_window": 7}]),
    "gemma1": Case(
        "Gemma", dict(head_dim=12, hidden_act="gelu_pytorch_tanh", pad_token_id=0, bos_token_id=2, eos_token_id=1),
        "embedding times √hidden, 1 + norm weight, gelu_pytorch_tanh, head_dim",
        # as published first: "gelu", which GemmaConfig reads as the tanh approximation
        also_v4=v4((), "4.38.0.dev0", hidden_act="gelu")),
    "gemma2": Case(
        "Gemma2", GEMMA2, "soft caps, alternating window, query_pre_attn_scalar",
        matters=[*SOFTCAPS, {"layer_types": ["full_attention", "sliding_attention"]}]),
    "gemma2-v4-config": Case(
        "Gemma2", GEMMA2, "the same in v4 spelling, without layer_types and tie_word_embeddings", matters=SOFTCAPS,
        v4=v4(("tie_word_embeddings", "rope_scaling"), "4.42.0.dev0", hidden_act="gelu_pytorch_tanh", cache_implementation="hybrid",
              sliding_window_size=5)),
    "gemma3-text": Case(
        "Gemma3", GEMMA3, "norms of queries and keys, local and global rope, global layer third of four",
        matters=[{"query_pre_attn_scalar": 12}, {"sliding_window": 24}, {"layer_types.3": "full_attention"},
                 {"rope_parameters.full_attention.factor": 1.0}, {"rope_parameters.full_attention.rope_theta": 10000.0},
                 {"rope_parameters.sliding_attention.rope_theta": 1000000.0}],
        # 4.53 to 4.57 wrote layer_types, and the pattern under a name of its own; layer_types counts
        also_v4=v4(("tie_word_embeddings",), "4.55.0.dev0", ("layer_types",), rope_theta=1000000.0, rope_local_base_freq=10000.0,
                   rope_scaling=dict(factor=8.0, rope_type="linear"))),
    "gemma3-text-v4-config": Case(
        "Gemma3", GEMMA3, "the same in v4 spelling: rope_local_base_freq, rope_scaling, sliding_window_pattern",
        v4=v4(("tie_word_embeddings", "_sliding_window_pattern"), "4.50.0.dev0", rope_theta=1000000,
              rope_local_base_freq=10000, sliding_window_pattern=3, rope_scaling=dict(factor=8.0, rope_type="linear"),
              cache_implementation="hybrid"),
        matters=[{"rope_local_base_freq": 1000000}, {"rope_theta": 10000}, {"rope_scaling": None}, {"sliding_window_pattern": 2}]),
    "qwen2": Case("Qwen2", {}, "bias of queries, keys and values", matters=[{"rope_parameters.rope_theta": 100.0}],
                  also_v4=v4(("rope_scaling",), "4.40.1", sliding_window=32, max_window_layers=2)),
    "qwen2-window": Case(
        "Qwen2", dict(use_sliding_window=True, max_window_layers=1, sliding_window=5), "window from max_window_layers on",
        matters=[*QWEN_WINDOW, {"layer_types": ["sliding_attention", "sliding_attention"]}],
        also_v4=v4(("rope_scaling",), "4.40.1")),
    "qwen3": Case(
        "Qwen3", dict(head_dim=16, rms_norm_eps=1e-6, rope_parameters=dict(rope_type="default", rope_theta=1000000.0)),
        "norms of queries and keys, explicit head_dim", matters=[{"rope_parameters.rope_theta": 10000.0}],
        also_v4=v4((), "4.51.0")),
    "phi3": Case("Phi3", PHI3, "fused qkv_proj and gate_up_proj, untied", matters=[{"rope_parameters.rope_theta": 100.0}],
                 also_v4=phi3_v4("4.44.2")),
    "phi3-partial": Case(
        "Phi3", {**PHI3, "sliding_window": 7, "rope_parameters": {**DEFAULT_ROPE, "partial_rotary_factor": 0.5}},
        "partial_rotary_factor 0.5, sliding window",
        matters=[{"rope_parameters.partial_rotary_factor": 1.0}, {"sliding_window": None}],
        also_v4=phi3_v4("4.47.0")),
    "phi3-longrope": Case(
        "Phi3", {**PHI3, "original_max_position_embeddings": 32, "max_position_embeddings": 128, "rope_parameters": LONGROPE},
        "rope longrope within the original length: short factors, and the attention factor",
        matters=[{"rope_parameters.short_factor": [1.0, 1.0, 1.0, 1.0]}, {"max_position_embeddings": 32}],
        indifferent=[{"rope_parameters.long_factor": [1.0, 1.0, 1.0, 1.0]}], also_v4=phi3_v4("4.44.2")),
}
