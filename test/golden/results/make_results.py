"""Has lm-eval itself write results and samples files, of its version at hand and of older ones.

    python make_results.py OUTPUT_FOLDER           # with lm-eval 0.4.13, transformers 5.23.0, torch (CPU)
    python make_results.py --old OUTPUT_FOLDER     # with lm-eval 0.4.0 or 0.4.5, transformers 4.49.0, datasets 3.3.0

The first runs samples/models/storyteller-v2; the second a model that guesses, because only the layout matters there.
Whatever describes the machine is replaced by "(left out)".
"""

import json
import os
import shutil
import sys
import tempfile
from pathlib import Path

SAMPLES = Path(__file__).resolve().parents[3] / "samples"
OLD = "--old" in sys.argv
OUT = Path(sys.argv[-1]).resolve()

if OLD:
    import datasets
    import evaluate

    class ExactMatch:
        def compute(self, predictions, references, **_):
            hits = [str(a).strip() == str(b).strip() for a, b in zip(predictions, references)]
            return {"exact_match": sum(hits) / len(hits)}

    # Both would be fetched from the hub.
    evaluate.load = lambda *_, **__: ExactMatch()
    datasets.load_metric = None

from importlib.metadata import version  # noqa: E402

from tasks import KINDS, Guesser, write_tasks  # noqa: E402

import lm_eval  # noqa: E402


def run_current(folder):
    from lm_eval.loggers import EvaluationTracker

    tracker = EvaluationTracker(output_path=str(folder / "out"))
    results = lm_eval.simple_evaluate(
        model="hf",
        model_args={"pretrained": "storyteller-v2", "dtype": "float32"},
        device="cpu",
        batch_size=8,
        tasks=list(KINDS),
        task_manager=lm_eval.tasks.TaskManager(include_path=str(folder / "tasks"), include_defaults=False),
        bootstrap_iters=1000,
        limit=4,
        log_samples=True,
        evaluation_tracker=tracker,
    )
    samples = results.pop("samples")
    tracker.save_results_aggregated(results=results, samples=samples)
    for name in results["configs"]:
        tracker.save_results_samples(task_name=name, samples=samples[name])


def run_old(folder):
    """The command line itself, whose model is replaced: before 0.4.3 it alone wrote files."""
    from lm_eval.api.model import LM
    from lm_eval.api.registry import MODEL_REGISTRY
    from lm_eval import __main__

    model = type("GuesserLM", (Guesser, LM), {"__init__": lambda self: (LM.__init__(self), Guesser.__init__(self))[1]})
    model.create_from_arg_string = classmethod(lambda cls, *_: cls())
    MODEL_REGISTRY["dummy"] = model
    names = [name for name in KINDS if name in ("kind", "kind_spoken")]
    arguments = ["--model", "dummy", "--model_args", "pretrained=org/guesser", "--tasks", ",".join(names), "--limit", "3"]
    arguments += ["--include_path", str(folder / "tasks"), "--output_path", str(folder / "out"), "--log_samples"]
    sys.argv = ["lm_eval", *arguments]
    __main__.cli_evaluate()


def leave_out_machine(text, folder):
    value = json.loads(text)
    for key in ["pretty_env_info", "git_hash", "upper_git_hash"]:
        if key in value:
            value[key] = "(left out)"
    value.pop("upper_dir_commit", None)
    dumped = json.dumps(value, indent=2, ensure_ascii=False)
    return dumped.replace(str(folder), "").replace(os.path.expanduser("~"), "")


DOCUMENTS = [
    {},
    {"a": {}, "b": [], "c": [[], {}], "d": None, "e": True, "f": False},
    {"ints": [0, -1, 2**53, -(2**53)], "big": 2**63, "floats": [0.1, 1e-05, 0.0001, 1.5e300, 123456789.25, 1e22]},
    {"whole": [1.0, -0.0, 1e16, 1e15], "odd": [float("nan"), float("inf"), float("-inf")]},
    {"text": 'quote " slash / back \\ tab \t line \n nul \x00 bell \x07 del \x7f', "ü": "日本語 \u2028 𝒳 😀"},
    {"nested": {"list": [{"x": 1, "y": [2, [3, {"z": "é"}]]}, "end"]}, "": ""},
]


def write_hashes(folder):
    """Documents with what json.dumps makes of them and their hashes, as evaluator.py computes doc_hash."""
    from lm_eval.utils import handle_non_serializable, hash_string

    cases = []
    for document in DOCUMENTS:
        text = json.dumps(document, indent=2, default=handle_non_serializable, ensure_ascii=False)
        line = json.dumps(document, default=handle_non_serializable, ensure_ascii=False)
        cases.append({"indented": text, "line": line, "hash": hash_string(text)})
    (folder / "documents.json").write_text(json.dumps(cases, indent=1), "utf-8")


def main():
    os.environ |= {"HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"}
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        os.environ["HF_DATASETS_CACHE"] = str(folder / "cache")
        os.chdir(folder)
        write_tasks(folder, SAMPLES, 15, OLD)
        (folder / "storyteller-v2").symlink_to(SAMPLES / "models" / "storyteller-v2")
        (run_old if OLD else run_current)(folder)
        if not OLD:
            write_hashes(OUT)
            shutil.copytree(folder / "tasks", OUT / "tasks", dirs_exist_ok=True)
        target = OUT / f"lm-eval-{version('lm_eval')}"
        for file in sorted((folder / "out").rglob("*.json*")):
            text = file.read_text("utf-8")
            there = target / file.relative_to(folder / "out")
            there.parent.mkdir(parents=True, exist_ok=True)
            is_results = file.suffix == ".json"
            there.write_text(leave_out_machine(text, folder) if is_results else text, "utf-8")


if __name__ == "__main__":
    main()
