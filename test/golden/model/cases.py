"""Makes one case: a checkpoint in Hugging Face layout, and what transformers answers with it."""

import shutil
import zlib
from pathlib import Path

import torch
from families import Case
from files import write_json
from golden import TOKENS, Json, changed, generation, load, log_likelihoods, logits_of, penalised, random_ids, read_config
from safetensors.torch import save_file
from weights import fill

SHOWS = 0.05  # a field that matters moves some logit by more than this


def make_case(name: str, case: Case, folder: Path) -> Json:
    shutil.rmtree(folder, ignore_errors=True)
    torch.manual_seed(zlib.crc32(name.encode()))
    model = case.build()
    fill(model)
    model.to(case.dtype).save_pretrained(folder, max_shard_size=case.shard)
    (folder / "generation_config.json").unlink(missing_ok=True)
    for path in folder.iterdir():
        path.chmod(0o644)
    modern = read_config(folder)
    if case.v4:
        write_json(folder / "config.json", case.v4(modern))
    model, ids = load(folder), random_ids(name, *TOKENS)
    logits = logits_of(model, ids)
    check_spellings(name, case, folder, modern, ids, logits)
    check_fields(name, case, folder, ids, logits)
    save_file({"input_ids": ids, "logits": logits.contiguous()}, folder / "expected.safetensors")
    answers = {"generation": generation(model, name), "penalised": penalised(model, name),
               "loglikelihood": log_likelihoods(model, name)}
    write_json(folder / "expected.json", answers)
    print(f"{name:24} {sum(path.stat().st_size for path in folder.iterdir()) / 1000:6.1f} kB, logits "
          f"{logits.min():.1f} … {logits.max():.1f}, spread {logits.std():.2f}", flush=True)
    return {"what": case.what, "dtype": str(case.dtype).removeprefix("torch."),
            "configs": sorted(path.name for path in folder.glob("config*.json")),
            "shards": len(list(folder.glob("model*.safetensors")))}


def check_spellings(name: str, case: Case, folder: Path, modern: Json, ids: torch.Tensor, logits: torch.Tensor) -> None:
    """Whichever release's spelling the configuration has, transformers computes the same, to the bit."""
    if case.also_v4:
        write_json(folder / "config.v4.json", case.also_v4(modern))
    others = [modern] + ([read_config(folder, "config.v4.json")] if case.also_v4 else [])
    for other in others:
        assert torch.equal(logits_of(load(folder, other), ids), logits), (name, other)


def check_fields(name: str, case: Case, folder: Path, ids: torch.Tensor, logits: torch.Tensor) -> None:
    config = read_config(folder)
    for change in case.matters:
        moved = (logits_of(load(folder, changed(config, change)), ids) - logits).abs().max()
        assert moved > SHOWS, (name, change, moved)
    for change in case.indifferent:
        assert torch.equal(logits_of(load(folder, changed(config, change)), ids), logits), (name, change)
