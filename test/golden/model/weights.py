"""Random weights that let every part of a small decoder show in its logits.

A linear weight has a standard deviation of gain / √inputs, so that activations keep their size; queries and keys are
larger, so that attention is far from uniform. No norm weight is 1 (or 0 where the family adds 1), no bias is 0.
"""

import math

from transformers import PreTrainedModel

GAINS = {"q_proj": 1.6, "k_proj": 1.6, "qkv_proj": 1.6, "down_proj": 1.6, "gate_proj": 1.2, "up_proj": 1.2, "gate_up_proj": 1.2}
# of the embedding: small in the residual stream where it is also the head, or each token would predict itself
UNTIED, TIED, TIED_AND_SCALED = 1, 0.2, 0.1
LOGITS, CAPPED = 1.8, 1.2  # spread of the logits; less before a soft cap, or all of them would reach it


def fill(model: PreTrainedModel) -> None:
    config = model.config
    gemma = config.model_type.startswith("gemma")
    embedding = (TIED_AND_SCALED if gemma else TIED) if config.tie_word_embeddings else UNTIED
    spread = CAPPED if getattr(config, "final_logit_softcapping", None) else LOGITS
    final = spread / (embedding * math.sqrt(config.hidden_size) if config.tie_word_embeddings else 1)
    for name, parameter in model.named_parameters():
        part = name.split(".")[-2]
        if name.endswith("bias"):
            parameter.data.normal_(0, 0.4)
        elif parameter.dim() == 1:
            mean = {"norm": final, "q_norm": 1.5, "k_norm": 1.5}.get(part, 1)
            parameter.data.normal_(mean, 0.25).sub_(1 if gemma else 0)
        elif part == "embed_tokens":
            parameter.data.normal_(0, embedding)
        else:
            parameter.data.normal_(0, GAINS.get(part, 1) / math.sqrt(parameter.shape[1]))
