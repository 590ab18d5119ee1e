"""Makes one small case for every kind of PEFT patch: what PEFT saves, and what PEFT itself makes of the saved files.

    PYTHONHASHSEED=0 python make_variants.py OUT_FOLDER [CASE…]   # test/golden/variants/cases is one OUT_FOLDER

bases/<arch>-old and <arch>-new: tiny random checkpoints; new is old with every floating tensor moved by about 5 %.
<case>/patch: save_pretrained's files. <case>/case.json: the bases, and whether the patch means something only beside
its old base. <case>/merged-old.safetensors: the tensors that PeftModel.from_pretrained + merge_and_unload changes on
the old base, as save_pretrained writes them. <case>/expected-new.safetensors: the same on the new base. There it is
PEFT's own merge where the patch is a pure delta, else W_new + (merged_old - W_old) in float64, rounded once; of a 16-bit
base merged_old is that of the base widened to float32, so that what is carried over is not rounded before.
A refused case has a patch only.
"""

import json
import re
import shutil
import sys
import tempfile
import warnings
import zlib
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Callable

import numpy
import peft
import peft.tuners.boft.layer as boft_layer
import torch
import transformers
from peft import PeftConfig, PeftModel, get_peft_model
from peft.tuners.lora.config import ArrowConfig, BdLoraConfig, KasaConfig, MontecloraConfig, VeloraConfig
from safetensors.torch import load_file, save_file
from transformers import (
    Gemma2Config, Gemma2ForCausalLM, GPT2Config, GPT2LMHeadModel, LlamaConfig, LlamaForCausalLM, MistralConfig,
    MistralForCausalLM, MixtralConfig, MixtralForCausalLM, Phi3Config, Phi3ForCausalLM, Qwen2Config, Qwen2ForCausalLM,
    Qwen3Config, Qwen3ForCausalLM, Qwen3MoeConfig, Qwen3MoeForCausalLM, RegNetConfig, RegNetForImageClassification, ResNetConfig, ResNetForImageClassification)

Tensors = dict[str, torch.Tensor]
PIXELS = torch.linspace(-1, 1, 3 * 32 * 32).reshape(1, 3, 32, 32)
IDS = torch.arange(64).reshape(2, 32)  # every token

# --- bases ------------------------------------------------------------------------------------------------------------


SIZES = dict(
    vocab_size=64, hidden_size=32, num_hidden_layers=1, num_attention_heads=2, num_key_value_heads=1, tie_word_embeddings=False,
    max_position_embeddings=32, bos_token_id=0, eos_token_id=1, initializer_range=0.1)


def llama(**options) -> LlamaForCausalLM:
    return LlamaForCausalLM(LlamaConfig(**{**SIZES, "num_hidden_layers": 2, "intermediate_size": 48, **options}))


def gpt2() -> GPT2LMHeadModel:
    return GPT2LMHeadModel(GPT2Config(
        vocab_size=64, n_positions=32, n_embd=32, n_layer=1, n_head=2, bos_token_id=0, eos_token_id=1, initializer_range=0.1))


def resnet() -> ResNetForImageClassification:
    return ResNetForImageClassification(ResNetConfig(embedding_size=8, hidden_sizes=[16, 32], depths=[1, 1], num_labels=3))


def regnet() -> RegNetForImageClassification:
    return RegNetForImageClassification(RegNetConfig(
        embedding_size=8, hidden_sizes=[8, 16], depths=[1, 1], groups_width=4, layer_type="y", num_labels=3))


def experts(model_class, config_class, **options):
    return model_class(config_class(**{**SIZES, "num_experts_per_tok": 2, **options}))


def family(model_class, config_class, **options):
    return model_class(config_class(**{**SIZES, "intermediate_size": 48, "head_dim": 16, "pad_token_id": 0, **options}))


BASES = {
    "mistral": (partial(family, MistralForCausalLM, MistralConfig), torch.bfloat16),
    "gemma2": (partial(family, Gemma2ForCausalLM, Gemma2Config, tie_word_embeddings=True), torch.bfloat16),
    "qwen2": (partial(family, Qwen2ForCausalLM, Qwen2Config), torch.bfloat16),
    "qwen3": (partial(family, Qwen3ForCausalLM, Qwen3Config, tie_word_embeddings=True), torch.bfloat16),
    "phi3": (partial(family, Phi3ForCausalLM, Phi3Config), torch.bfloat16),
    "llama": (llama, torch.float32),
    "llama-bf16": (llama, torch.bfloat16),
    "llama-tied": (partial(llama, tie_word_embeddings=True), torch.float32),
    "llama-bias": (partial(llama, attention_bias=True, mlp_bias=True, num_hidden_layers=1), torch.float32),
    "gpt2": (gpt2, torch.float32),
    "resnet": (resnet, torch.float32),
    "regnet": (regnet, torch.float32),
    "moe": (partial(experts, Qwen3MoeForCausalLM, Qwen3MoeConfig, moe_intermediate_size=24, intermediate_size=24,
                    num_experts=4, head_dim=16), torch.float32),
    # gate_up_proj is (4, 32, 32) here: only the version of PEFT says which side of it is the input
    "mixtral": (partial(experts, MixtralForCausalLM, MixtralConfig, intermediate_size=16, num_local_experts=4),
                torch.float32),
}


def move(model: torch.nn.Module, amount: float, only: Callable[[torch.Tensor], bool] = lambda tensor: True) -> None:
    """Adds noise of `amount` times a tensor's own spread, or times its size where it is constant."""
    for tensor in [*model.parameters(), *model.buffers()]:
        if tensor.is_floating_point() and only(tensor):
            wide = tensor.data.float()
            spread = wide.std() if wide.numel() > 1 and wide.std() > 0 else wide.abs().mean() + (wide == 0).all().float()
            tensor.data = (wide + amount * spread * torch.randn_like(wide)).to(tensor.dtype)


def make_bases(folder: Path, arch: str) -> None:
    if (folder / f"{arch}-new").exists():
        return
    build, dtype = BASES[arch]
    torch.manual_seed(zlib.crc32(arch.encode()))
    model = build()
    move(model, 0.1, lambda tensor: tensor.dim() == 1)  # norms that are not 1, biases that are not 0
    model.to(dtype).save_pretrained(folder / f"{arch}-old")
    move(model, 0.05)
    model.save_pretrained(folder / f"{arch}-new")
    for base in folder.glob(f"{arch}-*"):
        (base / "generation_config.json").unlink(missing_ok=True)


def load(folder: Path, arch: str, age: str) -> transformers.PreTrainedModel:
    config = transformers.AutoConfig.from_pretrained(folder / f"{arch}-{age}")
    model_class = getattr(transformers, config.architectures[0])
    return model_class.from_pretrained(folder / f"{arch}-{age}", dtype=BASES[arch][1]).eval()


# --- patches ----------------------------------------------------------------------------------------------------------

FRESH = re.compile(r"lora_(A|B|E|embedding_A|embedding_B)\.|hada_|lokr_|vera_lambda_|oft_(embedding_)?R|prompt_encoder")


@dataclass
class Case:
    arch: str
    config: Callable[[], PeftConfig]
    size: float = 0.04  # the spread of a factor that starts at zero; everything else moves by 5 %
    pure: bool = True  # a delta that needs no old base
    refused: str = ""
    prepare: Callable[[PeftModel], None] = lambda model: None
    save: dict = field(default_factory=dict)
    convert: bool = False  # PiSSA and its like: saved as a LoRA for the untouched base
    finish: Callable[[Path], None] = lambda patch: None
    untied: bool = False
    write: Callable[[Path], None] | None = None  # in place of PEFT's save_pretrained
    age: Callable[[Path], None] = lambda patch: None  # rewrites the patch as an older PEFT would have written it
    note: str = ""


def randomise(model: PeftModel, size: float) -> None:
    for name, parameter in model.named_parameters():
        if not parameter.requires_grad:
            continue
        if FRESH.search(name) and "magnitude" not in name:
            parameter.data.normal_(0, size)
        else:
            wide = parameter.data.float()
            parameter.data += (0.05 * wide.square().mean().sqrt() * torch.randn_like(wide)).to(parameter.dtype)


class BlockDiagonal:
    """Stands in for BOFT's CUDA extension, without which PEFT makes every boft_n_butterfly_factor a 1."""

    @staticmethod
    def forward(blocks: torch.Tensor) -> list[torch.Tensor]:
        return [torch.stack([torch.block_diag(*row) for row in blocks])]


boft_layer.get_fbd_cuda = lambda: BlockDiagonal


def lora(**options) -> Callable[[], PeftConfig]:
    return partial(peft.LoraConfig, **{"r": 4, "lora_alpha": 8, "task_type": "CAUSAL_LM", **options})


def vision(config_class=peft.LoraConfig, **options) -> Callable[[], PeftConfig]:
    return partial(config_class, **options)


def text(config_class, **options) -> Callable[[], PeftConfig]:
    return partial(config_class, task_type="CAUSAL_LM", **options)


def untouched_head(model: PeftModel) -> None:
    head = model.base_model.model.lm_head
    head.modules_to_save["default"].weight.data.copy_(head.original_module.weight.data)


def trained_copies(model: PeftModel) -> None:
    """The stored base_layer.weight copies are not the old base's (new tokens, or a base trained beside the LoRA)."""
    for layer in (model.get_input_embeddings(), model.get_output_embeddings()):
        layer.base_layer.weight.data += 0.004 * torch.randn_like(layer.base_layer.weight.data)


def pruned(model: PeftModel) -> None:
    model.peft_config["default"].rank_pattern = {
        f"model.layers.{layer}.self_attn.q_proj.lora_E": [True, layer == 0, True, False] for layer in (0, 1)}


def routed() -> ArrowConfig:
    """As create_arrow_model leaves it."""
    config = ArrowConfig()
    config.task_adapter_names = ["task_0"]
    return config


def as_qalora(patch: Path) -> None:
    """PEFT makes QALoRA on GPTQ layers only; the files differ from a LoRA's in this alone."""
    tensors = load_file(patch / "adapter_model.safetensors")
    save_file({key: value[:, ::16].contiguous() if "lora_A" in key else value for key, value in tensors.items()},
              patch / "adapter_model.safetensors", metadata={"format": "pt"})


def as_peft_018(patch: Path) -> None:
    """Until 0.19.0 PEFT took a (experts, a, b) parameter's a for its input whatever the model multiplies by."""
    tensors = load_file(patch / "adapter_model.safetensors")
    for name in {key.rpartition(".lora_")[0] for key in tensors}:
        a, b = tensors[f"{name}.lora_A.weight"], tensors[f"{name}.lora_B.weight"]
        a, b = a.reshape(4, 4, -1), b.reshape(-1, 4, 4)  # (experts, rank, in), (out, rank, experts)
        tensors[f"{name}.lora_A.weight"] = b.permute(2, 1, 0).reshape(16, -1).contiguous()
        tensors[f"{name}.lora_B.weight"] = a.permute(2, 1, 0).reshape(-1, 16).contiguous()
    save_file(tensors, patch / "adapter_model.safetensors", metadata={"format": "pt"})
    config = json.loads((patch / "adapter_config.json").read_text())
    (patch / "adapter_config.json").write_text(json.dumps({**config, "peft_version": "0.18.1"}, indent=2, sort_keys=True))


def expert_by_expert(patch: Path) -> None:
    """As PEFT wrote it while transformers 4 had a module for every expert."""
    sides = {"w1": (32, 16), "w2": (16, 32), "w3": (32, 16)}  # in, out
    module = "base_model.model.model.layers.0.block_sparse_moe.experts"
    tensors = {}
    for expert in range(4):
        for name, (inner, outer) in sides.items():
            tensors[f"{module}.{expert}.{name}.lora_A.weight"] = 0.04 * torch.randn(4, inner)
            tensors[f"{module}.{expert}.{name}.lora_B.weight"] = 0.04 * torch.randn(outer, 4)
    peft.LoraConfig(r=4, lora_alpha=8, task_type="CAUSAL_LM", target_modules=["w1", "w2", "w3"], inference_mode=True,
                    base_model_name_or_path="golden/mixtral-old", peft_version="0.18.1").save_pretrained(patch)
    save_file(tensors, patch / "adapter_model.safetensors", metadata={"format": "pt"})


ATTENTION = ["q_proj", "v_proj"]
MLP = ["gate_proj", "down_proj"]
ENCODER = r".*encoder.*\.convolution"
KERNEL_3 = r".*encoder.*layer\.1\.convolution"
KERNEL_1 = r".*encoder.*layer\.(0|2)\.convolution"
EXPERTS = ["mlp.experts.gate_up_proj", "mlp.experts.down_proj"]

CASES = {
    # LoraConfig's own options
    "bias-all": Case("llama-bias", lora(target_modules=ATTENTION, bias="all"), pure=False),
    "bias-all-gpt2": Case("gpt2", lora(target_modules=["c_attn"], bias="all", fan_in_fan_out=True), pure=False),
    "bias-lora-only": Case("llama-bias", lora(target_modules=ATTENTION, bias="lora_only"), pure=False),
    "lora-bias": Case("llama-bias", lora(target_modules=["q_proj", "down_proj"], lora_bias=True)),
    "dora-linear": Case("llama", lora(target_modules=["q_proj", "down_proj"], use_dora=True), pure=False),
    "dora-linear-bf16": Case("llama-bf16", lora(target_modules=["q_proj", "down_proj"], use_dora=True), pure=False),
    "dora-embedding": Case("llama", lora(target_modules=["embed_tokens", "k_proj"], use_dora=True), pure=False,
                           save=dict(save_embedding_layers=False)),
    "dora-conv1d": Case("gpt2", lora(target_modules=["c_attn", "c_fc"], fan_in_fan_out=True, use_dora=True), pure=False),
    "dora-conv2d": Case("resnet", vision(r=4, lora_alpha=8, target_modules=ENCODER, use_dora=True), pure=False),
    "conv2d": Case("resnet", vision(r=4, lora_alpha=8, target_modules=r".*(encoder.*layer\.1|embedder)\.convolution")),
    "conv-1x1": Case("resnet", vision(r=4, lora_alpha=8, target_modules=KERNEL_1), 0.08),
    "conv-bias": Case("regnet", vision(r=4, lora_alpha=8, target_modules=r".*attention\.[02]", lora_bias=True)),
    "conv-grouped": Case("regnet", vision(r=4, lora_alpha=8, target_modules=KERNEL_3),
                         refused="a LoRA on a grouped convolution mixes groups; PEFT cannot merge it"),
    "modules-to-save-head": Case("llama", lora(target_modules=ATTENTION, modules_to_save=["lm_head"]), pure=False),
    "modules-to-save-unchanged": Case("llama", lora(target_modules=ATTENTION, modules_to_save=["lm_head"]), pure=False,
                                      prepare=untouched_head),
    "modules-to-save-embeddings": Case("llama", lora(target_modules=["v_proj"], modules_to_save=["embed_tokens", "norm"]),
                                       pure=False),
    "modules-to-save-classifier": Case("resnet", vision(
        r=4, lora_alpha=8, target_modules=r".*embedder\.convolution", modules_to_save=["classifier", "normalization"]),
        pure=False, note="normalization: buffers are saved and replaced too"),
    "saved-embeddings": Case("llama", lora(target_modules=["embed_tokens", "lm_head", "q_proj"]), pure=False,
                             save=dict(save_embedding_layers=True), note="the stored copies are the old base's"),
    "saved-embeddings-trained": Case("llama", lora(target_modules=["embed_tokens", "lm_head", "q_proj"]), pure=False,
                                     save=dict(save_embedding_layers=True), prepare=trained_copies,
                                     note="the stored copies are not the old base's"),
    "trainable-tokens": Case("llama", lora(target_modules=["q_proj"], trainable_token_indices=[5, 2, 63]), pure=False),
    "trainable-tokens-dict": Case("llama", lora(
        target_modules=["q_proj"], trainable_token_indices={"embed_tokens": [1, 7], "lm_head": [9, 0, 4]}), pure=False),
    "trainable-tokens-tied": Case("llama-tied", lora(target_modules=["v_proj"], trainable_token_indices=[3, 40]), pure=False),
    # PEFT's merge adds to the one tensor that both ends share; untied-*.safetensors is what the patched model computes
    "tied-head": Case("llama-tied", lora(target_modules=["lm_head", "v_proj"]), save=dict(save_embedding_layers=False),
                      untied=True, note="merging moves the embedding too"),
    "tied-embedding": Case("llama-tied", lora(target_modules=["embed_tokens", "v_proj"]), untied=True,
                           save=dict(save_embedding_layers=False), note="merging moves the head too"),
    "tied-ensured": Case("llama-tied", lora(target_modules=["embed_tokens", "v_proj"], ensure_weight_tying=True), untied=True,
                         save=dict(save_embedding_layers=False), note="merging adds the delta twice"),
    "modules-to-save-tied": Case("llama-tied", lora(target_modules=["v_proj"], modules_to_save=["embed_tokens"]), pure=False,
                                 note="unties: the head keeps the old embedding"),
    "modules-to-save-tied-ensured": Case("llama-tied", lora(target_modules=["v_proj"], modules_to_save=["embed_tokens"],
                                                            ensure_weight_tying=True), pure=False),
    "mistral": Case("mistral", lora(target_modules=[*ATTENTION, *MLP])),
    "gemma2": Case("gemma2", lora(target_modules=[*ATTENTION, *MLP])),
    "qwen2": Case("qwen2", lora(target_modules=[*ATTENTION, *MLP])),
    "qwen3": Case("qwen3", lora(target_modules=[*ATTENTION, *MLP])),
    "phi3": Case("phi3", lora(target_modules=["qkv_proj", "o_proj", "gate_up_proj", "down_proj"])),
    "layers-to-transform": Case("llama", lora(target_modules=ATTENTION, layers_to_transform=[1], layers_pattern="layers")),
    "pissa-converted": Case("llama", lora(target_modules=["k_proj", "v_proj"], init_lora_weights="pissa"), convert=True),
    "olora-converted": Case("llama", lora(target_modules=["k_proj", "v_proj"], init_lora_weights="olora"), convert=True),
    "pissa-unconverted": Case("llama", lora(target_modules=["k_proj"], init_lora_weights="pissa"),
                              refused="the factors belong to the old base less its largest singular parts"),
    "olora-unconverted": Case("llama", lora(target_modules=["k_proj"], init_lora_weights="olora"),
                              refused="the factors belong to the old base less a part of its QR factors"),
    "target-parameters-both": Case("moe", lora(target_modules=[], target_parameters=EXPERTS)),
    "target-parameters-one": Case("moe", lora(target_modules=["q_proj"], target_parameters=EXPERTS[:1])),
    "target-parameters-square": Case("mixtral", lora(target_modules=[], target_parameters=EXPERTS)),
    "target-parameters-peft-018": Case("moe", lora(target_modules=[], target_parameters=EXPERTS), age=as_peft_018,
                                       note="PEFT 0.18.1's layout; newer ones cannot read it"),
    "target-parameters-square-peft-018": Case("mixtral", lora(target_modules=[], target_parameters=EXPERTS), age=as_peft_018,
                                              note="PEFT 0.18.1's layout; newer ones misread gate_up_proj"),
    "experts-by-module": Case("mixtral", lora(), write=expert_by_expert, note="written as under transformers 4"),
    "mixtral-attention": Case("mixtral", lora(target_modules=ATTENTION)),
    "mica": Case("llama", lora(target_modules=ATTENTION, init_lora_weights="mica"), 0.008),
    "velora": Case("llama", lora(target_modules=ATTENTION, velora_config=VeloraConfig(num_groups=4, init_type="random"))),
    "montclora": Case("llama", lora(target_modules=["v_proj"], monteclora_config=MontecloraConfig())),
    "bdlora": Case("llama", lora(target_modules=["q_proj", "v_proj", "o_proj", "k_proj"], use_bdlora=BdLoraConfig(
        target_modules_bd_a=["o_proj"], target_modules_bd_b=["q_proj", "v_proj"], nblocks=2, match_strict=False))),
    "arrow": Case("llama", lora(target_modules=["k_proj"], arrow_config=routed()), refused="routes per token"),
    "alora": Case("llama", lora(target_modules=["k_proj"], alora_invocation_tokens=[3, 4]), refused="active on some tokens only"),
    "kasa": Case("llama", lora(target_modules=["k_proj"], kasa_config=KasaConfig()),
                 refused="the factors belong to the old base less its smallest singular parts"),
    "qalora": Case("llama", lora(target_modules=["k_proj"], use_qalora=True), finish=as_qalora,
                   refused="the factors belong to a GPTQ base"),
    # other methods
    "loha-linear": Case("llama", text(peft.LoHaConfig, r=4, alpha=8, target_modules=ATTENTION, rank_pattern={"v_proj": 3},
                                      alpha_pattern={"layers.0.self_attn.q_proj": 5}), 0.12),
    "loha-conv": Case("resnet", vision(peft.LoHaConfig, r=3, alpha=6, target_modules=ENCODER, use_effective_conv2d=True), 0.25),
    "loha-conv-flat": Case("regnet", vision(peft.LoHaConfig, r=3, alpha=6, target_modules=KERNEL_3), 0.15,
                           note="grouped convolutions"),
    "lokr-linear": Case("llama", text(peft.LoKrConfig, r=1, alpha=2, target_modules=["q_proj", "down_proj"]), 0.16),
    "lokr-decompose-both": Case("llama", text(peft.LoKrConfig, r=1, alpha=2, target_modules=["q_proj", "down_proj"],
                                              decompose_both=True, decompose_factor=4), 0.2),
    "lokr-full-w2": Case("llama", text(peft.LoKrConfig, r=16, alpha=16, target_modules=["v_proj"], decompose_factor=8), 0.06),
    "lokr-conv": Case("resnet", vision(peft.LoKrConfig, r=1, alpha=2, target_modules=ENCODER, use_effective_conv2d=True), 0.15),
    "lokr-conv-flat": Case("resnet", vision(peft.LoKrConfig, r=1, alpha=2, target_modules=KERNEL_3, decompose_factor=2), 0.15,
                           note="some w2 are whole, some are not"),
    "ia3": Case("llama", text(peft.IA3Config, target_modules=["k_proj", "v_proj", "down_proj"],
                              feedforward_modules=["down_proj"]), pure=False),
    "ia3-bias": Case("llama-bias", text(peft.IA3Config, target_modules=["k_proj", "v_proj", "down_proj"],
                                        feedforward_modules=["down_proj"]), pure=False),
    "ia3-conv1d": Case("gpt2", text(peft.IA3Config, target_modules=["c_attn", "mlp.c_proj"], feedforward_modules=["mlp.c_proj"],
                                    fan_in_fan_out=True), pure=False),
    "ia3-conv": Case("regnet", vision(peft.IA3Config, target_modules=r".*(encoder.*layer\.[13]\.convolution|attention\.[02])",
                                      feedforward_modules=r".*(layer\.1\.convolution|attention\.0)"), pure=False,
                     note="feedforward on grouped convolutions"),
    "vera": Case("llama", text(peft.VeraConfig, r=4, target_modules=["q_proj", "v_proj", "down_proj"], save_projection=True,
                               projection_prng_key=11), 0.1),
    "vera-no-projection": Case("llama", text(peft.VeraConfig, r=4, target_modules=["q_proj", "v_proj", "down_proj"],
                                             save_projection=False, projection_prng_key=11), 0.1),
    "vera-conv1d": Case("gpt2", text(peft.VeraConfig, r=4, target_modules=["c_attn"], fan_in_fan_out=True), 0.1),
    "oft": Case("llama", text(peft.OFTConfig, oft_block_size=8, target_modules=["q_proj", "down_proj"]), 0.01, pure=False),
    "oft-solve": Case("llama-bias", text(peft.OFTConfig, r=4, oft_block_size=0, target_modules=["q_proj"],
                                         use_cayley_neumann=False), 0.01, pure=False),
    "oft-block-share": Case("llama", text(peft.OFTConfig, oft_block_size=8, target_modules=["q_proj", "down_proj"],
                                          block_share=True, num_cayley_neumann_terms=3), 0.01, pure=False),
    "oft-coft": Case("llama", text(peft.OFTConfig, oft_block_size=8, target_modules=["v_proj"], coft=True, eps=0.1), 0.02,
                     pure=False),
    "oft-embedding": Case("llama", text(peft.OFTConfig, oft_block_size=16, target_modules=["embed_tokens"]), 0.01, pure=False,
                          save=dict(save_embedding_layers=False)),
    "oft-conv-1x1": Case("resnet", vision(peft.OFTConfig, oft_block_size=4, target_modules=KERNEL_1), 0.01, pure=False),
    "oft-conv": Case("resnet", vision(peft.OFTConfig, oft_block_size=8, target_modules=KERNEL_3), 0.01, pure=False,
                     note="PEFT's merge is not what its forward computes: that folds patches that overlap"),
    "boft": Case("llama", text(peft.BOFTConfig, boft_block_size=8, target_modules=["q_proj", "down_proj"]), 0.02, pure=False),
    "boft-butterfly": Case("llama", text(peft.BOFTConfig, boft_block_size=4, boft_n_butterfly_factor=3,
                                         target_modules=["q_proj"]), 0.02, pure=False,
                           note="written as with PEFT's CUDA extension"),
    "boft-bias": Case("llama-bias", text(peft.BOFTConfig, boft_block_size=0, boft_block_num=4, target_modules=["q_proj"]), 0.02,
                      pure=False),
    "boft-conv": Case("resnet", vision(peft.BOFTConfig, boft_block_size=2, boft_n_butterfly_factor=2, target_modules=KERNEL_3),
                      0.02, pure=False, note="written as with PEFT's CUDA extension"),
    "adalora": Case("llama", text(peft.AdaLoraConfig, init_r=4, target_r=2, lora_alpha=8, total_step=10,
                                  target_modules=ATTENTION), 0.1),
    "adalora-rank-pattern": Case("llama", text(peft.AdaLoraConfig, init_r=4, target_r=2, lora_alpha=8, total_step=10,
                                               target_modules=["q_proj"]), 0.1, prepare=pruned),
    "ln-tuning": Case("llama", text(peft.LNTuningConfig, target_modules=["input_layernorm", "norm"]), pure=False),
    "ln-tuning-gpt2": Case("gpt2", text(peft.LNTuningConfig, target_modules=["ln_1", "ln_f"]), pure=False),
    "trainable-tokens-type": Case("llama", text(peft.TrainableTokensConfig, token_indices=[8, 6, 20]), pure=False),
    "trainable-tokens-type-tied": Case("llama-tied", text(peft.TrainableTokensConfig, token_indices=[8, 6, 20]), pure=False),
    "prompt-tuning": Case("llama", text(peft.PromptTuningConfig, num_virtual_tokens=3), refused="no weight changes"),
    "prefix-tuning": Case("llama", text(peft.PrefixTuningConfig, num_virtual_tokens=3), refused="no weight changes"),
}


def save_patch(case: Case, bases: Path, patch: Path) -> None:
    model = get_peft_model(load(bases, case.arch, "old"), case.config())
    model.peft_config["default"].base_model_name_or_path = f"golden/{case.arch}-old"
    with tempfile.TemporaryDirectory() as scratch:
        options = dict(case.save)
        if case.convert:
            options["path_initial_model_for_weight_conversion"] = f"{scratch}/start"
            method = model.peft_config["default"].init_lora_weights
            model.peft_config["default"].init_lora_weights = True
            model.save_pretrained(f"{scratch}/start")
            model.peft_config["default"].init_lora_weights = method
            for parameter in model.parameters():
                if parameter.requires_grad:
                    parameter.data += 0.05 * parameter.data.std() * torch.randn_like(parameter.data)
        else:
            randomise(model, case.size)
        case.prepare(model)
        model.save_pretrained(patch, **options)
    (patch / "README.md").unlink(missing_ok=True)
    case.finish(patch)
    if case.convert:  # the trained model, on its mutilated base, is what the converted patch must give on the whole one
        case.trained = as_saved(model.merge_and_unload())


def as_saved(model: torch.nn.Module) -> Tensors:
    with tempfile.TemporaryDirectory() as scratch:
        model.save_pretrained(scratch)
        return load_file(f"{scratch}/model.safetensors")


def untie(model: PeftModel) -> PeftModel:
    for layer in (model.get_input_embeddings(), model.get_output_embeddings()):
        layer = getattr(layer, "base_layer", layer)
        layer.weight = torch.nn.Parameter(layer.weight.data.clone())
    return model


def merge(case: Case, bases: Path, age: str, patch: Path, untied: bool = False, wide: bool = False) -> tuple[Tensors, float]:
    """A merged model's tensors, and how far its output is from the patched model's, as a part of what the patch changes."""
    read = lambda: PeftModel.from_pretrained(load(bases, case.arch, age).float() if wide else load(bases, case.arch, age), patch).eval()
    inputs = dict(pixel_values=PIXELS) if "net" in case.arch else dict(input_ids=IDS)
    merged = (untie(read()) if untied else read()).merge_and_unload()
    with torch.no_grad():
        outputs = [model(**inputs).logits.double() for model in (read(), merged, load(bases, case.arch, age).to(merged.dtype))]
    effect = (outputs[0] - outputs[2]).abs().max()
    assert effect > 0, patch
    return as_saved(merged), ((outputs[0] - outputs[1]).abs().max() / effect).item()


def make(name: str, out: Path) -> None:
    case, folder, bases = CASES[name], out / name, out / "bases"
    shutil.rmtree(folder, ignore_errors=True)
    make_bases(bases, case.arch)
    torch.manual_seed(zlib.crc32(name.encode()))
    if case.write:
        case.write(folder / "patch")
    else:
        save_patch(case, bases, folder / "patch")
    facts = {"old": f"{case.arch}-old", "new": f"{case.arch}-new", "needsOldBase": not case.pure, "refused": bool(case.refused),
             "loads": "PeftModel.from_pretrained", "note": case.refused or case.note}
    facts = {key: value for key, value in facts.items() if value != ""}
    (folder / "case.json").write_text(json.dumps(facts, indent=2) + "\n")
    if case.refused:
        print(f"{name}: refused, {size_of(folder)} bytes")
        return
    compare(name, case, bases, folder, False)
    if case.untied:
        compare(name, case, bases, folder, True)
    case.age(folder / "patch")


def compare(name: str, case: Case, bases: Path, folder: Path, untied: bool) -> None:
    old, new = (load_file(bases / f"{case.arch}-{age}" / "model.safetensors") for age in ("old", "new"))
    merged, distance = merge(case, bases, "old", folder / "patch", untied)
    if "lm_head.weight" in merged and "lm_head.weight" not in old:  # the merge untied them: the head starts as the embedding
        old, new = ({**base, "lm_head.weight": base["model.embed_tokens.weight"]} for base in (old, new))
    assert merged.keys() == old.keys(), (name, merged.keys() ^ old.keys())
    on_disk = load_file(bases / f"{case.arch}-old" / "model.safetensors")
    changed = sorted(key for key in old if key not in on_disk or not torch.equal(old[key], merged[key]))
    if case.convert:
        assert all(torch.allclose(case.trained[key], merged[key], atol=1e-5) for key in old), name
    unrounded = merged if old[changed[0]].dtype == torch.float32 or case.pure else merge(case, bases, "old", folder / "patch", untied, wide=True)[0]
    wide = [{key: tensors[key].double() for key in changed} for tensors in (new, unrounded, old)]
    carried = {key: (wide[0][key] + (wide[1][key] - wide[2][key])).float().to(new[key].dtype) for key in changed}
    expected = carried
    if case.pure:
        merged_new, _ = merge(case, bases, "new", folder / "patch", untied)
        assert all(torch.equal(new[key], merged_new[key]) for key in new if key not in changed), name
        expected = {key: merged_new[key] for key in changed}
        for key in (key for key in changed if old[key].dtype == torch.float32):
            largest = torch.stack([old[key].abs(), new[key].abs(), merged[key].abs(), merged_new[key].abs()]).amax(0)
            apart = (expected[key] - carried[key]).abs().numpy() / numpy.spacing(largest.numpy())
            assert apart.max() <= 2, (name, key, apart.max())
    files = ("untied-old", "untied-new") if untied else ("merged-old", "expected-new")
    for file, tensors in zip(files, (merged, expected)):
        save_file({key: tensors[key].contiguous() for key in changed}, folder / f"{file}.safetensors", metadata={"format": "pt"})
    ratios = [((merged[key].double() - old[key].double()).norm() / old[key].double().norm()).item() for key in changed]
    print(f"{name}{' untied' if untied else ''}: {len(changed)} tensors, |Δ|/|W| {min(ratios):.3f}–{max(ratios):.3f}, "
          f"merged against patched output {distance:.1e}, {size_of(folder)} bytes")


def size_of(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


if __name__ == "__main__":
    warnings.filterwarnings("ignore")
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    torch.set_num_threads(1)
    target = Path(sys.argv[1])
    for selected in sys.argv[2:] or CASES:
        make(selected, target)
    versions = {"torch": torch.__version__.split("+")[0], "transformers": transformers.__version__, "peft": peft.__version__}
    (target / "versions.json").write_text(json.dumps(versions, indent=2) + "\n")
    print(f"in all {size_of(target)} bytes")
