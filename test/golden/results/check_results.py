"""Opens results that we wrote with lm-eval's own readers.

    python check_results.py FOLDER      # an evaluation's --out; with lm-eval 0.4.13, datasets, pandas, pydantic

Ends with an error where one of them cannot read a file; prints lm-eval's table of each.
"""

import json
import sys
from pathlib import Path
from unittest.mock import MagicMock, patch

import datasets
from lm_eval import result_schema, utils
from lm_eval.loggers import evaluation_tracker
from lm_eval.loggers.wandb_logger import WandbLogger
from pydantic import TypeAdapter, ValidationError

FOLDER = Path(sys.argv[1]).resolve()
OURS = "portllm"


def check_schema(kind, value, allowed):
    """`allowed` says where lm-eval itself writes what its description does not know."""
    try:
        TypeAdapter(kind).validate_python(value)
    except ValidationError as error:
        wrong = [each for each in error.errors() if not allowed(each)]
        assert not wrong, wrong


def check_results(path):
    results = json.loads(path.read_text("utf-8"))
    known = set(result_schema.EvalResults.__annotations__)
    assert set(results) - {OURS} <= known, set(results) - known
    schema = {key: value for key, value in results.items() if key != OURS}
    allowed = lambda error: error["loc"][0] == "configs" or error["input"] == "N/A"
    check_schema(result_schema.EvalResults, schema, allowed)
    print(utils.make_table(results))
    logger = WandbLogger.__new__(WandbLogger)
    logger.post_init(results)
    logger._get_config()
    logger._sanitize_results_dict()
    return results


def check_samples(path, results):
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    task = utils.get_file_task_name(path.name)
    for row in rows:
        check_schema(result_schema.SampleResult, row, lambda error: error["loc"][0] in row["metrics"])
        text = json.dumps(row["doc"], indent=2, ensure_ascii=False)
        assert row["doc_hash"] == utils.hash_string(text), (path, row["doc_id"])
        assert row["prompt_hash"] == utils.hash_string(row["arguments"]["gen_args_0"]["arg_0"])
        assert row["target_hash"] == utils.hash_string(row["target"])
    hashes = [row["doc_hash"] + row["prompt_hash"] + row["target_hash"] for row in rows]
    assert results["task_hashes"][task] == utils.hash_string("".join(hashes)), path
    config = results["configs"][task]
    for metric in config["metric_list"]:
        assert all(metric["metric"] in row for row in rows)
    loaded = datasets.load_dataset("json", data_files=str(path), split="train")
    assert len(loaded) == len(rows)
    return len(rows)


def check_card():
    """The card of a repository of results: it goes by the files' names alone."""
    names = [path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*.json*")]
    tracker = evaluation_tracker.EvaluationTracker(output_path=str(FOLDER))
    tracker.api = MagicMock(list_repo_files=lambda **_: names)
    local = lambda repo_id, filename, repo_type: str(FOLDER / filename)
    with patch("huggingface_hub.hf_hub_url", local), patch("huggingface_hub.DatasetCard.push_to_hub") as push:
        tracker.recreate_metadata_card()
        assert push.called


def main():
    files = [path.as_posix() for path in FOLDER.rglob("*") if path.is_file()]
    results_files = utils.get_results_filenames(files)
    assert results_files
    for name in results_files:
        path = Path(name)
        results = check_results(path)
        assert path.parent.name == utils.sanitize_model_name(results["model_name"]) == results["model_name_sanitized"]
        beside = [each for each in utils.get_sample_results_filenames(files) if Path(each).parent == path.parent]
        date = utils.get_file_datetime(path.name).removesuffix(".json")
        for task in results["results"]:
            own = [each for each in beside if utils.get_file_task_name(Path(each).name) == task]
            assert utils.get_latest_filename(own)
            [samples] = [each for each in own if utils.get_file_datetime(each) == date]
            print(f"{task}: {check_samples(Path(samples), results)} lines")
    check_card()


if __name__ == "__main__":
    main()
