"""Memory of one step of LoRA fine-tuning with PEFT (the paper's baseline, arXiv 2410.10870, section 4.3): rank 16 on all
linears, AdamW, bf16 weights, a batch of one sequence.

    python finetune_step.py BASE TOKENS
"""

import resource
import sys

import peft
import torch
import transformers

base, tokens = sys.argv[1], int(sys.argv[2])
model = transformers.AutoModelForCausalLM.from_pretrained(base, dtype=torch.bfloat16)
model = peft.get_peft_model(model, peft.LoraConfig(r=16, lora_alpha=32, target_modules="all-linear"))
optimizer = torch.optim.AdamW(p for p in model.parameters() if p.requires_grad)
batch = torch.randint(0, model.config.vocab_size, (1, tokens))
loss = model(input_ids=batch, labels=batch).loss
loss.backward()
optimizer.step()
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
