"""The way of PEFT: load, merge_and_unload, save_pretrained.

    python peft_merge.py BASE ADAPTER OUT
"""

import sys

import peft
import torch
import transformers

base, adapter, out = sys.argv[1:4]
model = transformers.AutoModelForCausalLM.from_pretrained(base, dtype=torch.bfloat16)
merged = peft.PeftModel.from_pretrained(model, adapter).merge_and_unload()
merged.save_pretrained(out, max_shard_size="5GB")
print(f"peft {peft.__version__}, transformers {transformers.__version__}, torch {torch.__version__}")
