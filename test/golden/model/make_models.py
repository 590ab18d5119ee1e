"""Makes tiny random checkpoints of decoder families with what transformers answers, and PEFT adapters on some of them.

    python make_models.py OUT_FOLDER                      # test/golden/model is that
    python make_models.py --mid OUT_FOLDER TOKENIZERS     # two large ones for timing, never committed

Made with transformers 5.23.0, torch 2.15.0, peft 0.21.2, safetensors 0.8.0 on the CPU, in one thread. Weights are stored in
the dtype named, loaded as float32, and run with eager attention; `generate` and a loop without a cache agree.

cases/<case>/config.json, model*.safetensors, model.safetensors.index.json where sharded
cases/<case>/config.v4.json (some): the same model as transformers 4 wrote it; the logits are equal to the bit
cases/<case>/expected.safetensors: input_ids I64 [2, 24], logits F32 [2, 24, 64], without padding
cases/<case>/expected.json: generation {prompt, tokens}: greedy; penalised {penalty, prompt, tokens}:
  greedy with repetition_penalty; loglikelihood [{context, continuation, logProbability,
  greedy}]: log_softmax of float32 summed over the continuation
patches/<patch>/adapter_config.json, adapter_model.safetensors, expected.safetensors: see patches.py
index.json: what each of them is
"""

import argparse
import os
import sys
import warnings
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"
sys.dont_write_bytecode = True

import torch
import transformers
from cases import make_case
from families import CASES
from files import write_json
from mid import make_mid
from patches import PATCHES, TOGETHER, make_patch, make_together


def make(out: Path) -> None:
    cases, patches = out / "cases", out / "patches"
    torch.set_num_threads(1)
    index = {
        "cases": {name: make_case(name, case, cases / name) for name, case in CASES.items()},
        "patches": {name: make_patch(name, patch, cases, patches / name) for name, patch in PATCHES.items()},
    }
    index["patches"] |= {name: make_together(name, parts, cases, patches) for name, parts in TOGETHER.items()}
    write_json(out / "index.json", index)


if __name__ == "__main__":
    warnings.filterwarnings("ignore", category=FutureWarning)
    transformers.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("tokenizers", type=Path, nargs="?", help="with --mid: a folder with {gpt2,tinyllama}/tokenizer.json")
    parser.add_argument("--mid", action="store_true")
    arguments = parser.parse_args()
    if arguments.mid:
        make_mid(arguments.out, arguments.tokenizers or parser.error("--mid needs the folder of tokenizers"))
    else:
        make(arguments.out)
