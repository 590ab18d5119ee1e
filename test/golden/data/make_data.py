"""Writes small data files and what Hugging Face's readers make of them (development only).

    python make_data.py OUT_FOLDER        # writes test/golden/data/case when OUT_FOLDER is that

datasets 5.2.0, pyarrow 26.0.1, pandas 3.1.1. expected.json: file → rows; texts.json: texts of csv, tsv and json files with
the rows that `datasets.load_dataset` gives, or "error". What JSON cannot hold is wrapped: {"$int": "…"} beyond 2^53,
{"$float": "nan" | "inf" | "-inf"}, {"$bytes": "…hex…"}; dates and times are written as Python prints them.
"""

import json
import math
import os
import shutil
import sys
import tempfile
from datetime import date, datetime
from pathlib import Path

os.environ["HF_DATASETS_OFFLINE"] = "1"

import datasets
import pyarrow as pa
import pyarrow.parquet as pq

datasets.disable_progress_bars()
datasets.logging.set_verbosity(datasets.logging.CRITICAL)

SCHEMA = pa.schema(
    [
        ("text", pa.string()),
        ("count", pa.int64()),
        ("label", pa.int32()),
        ("big", pa.int64()),
        ("unsigned", pa.uint64()),
        ("truth", pa.bool_()),
        ("score", pa.float64()),
        ("half", pa.float16()),
        ("choices", pa.list_(pa.string())),
        ("numbers", pa.list_(pa.int64())),
        ("grid", pa.list_(pa.list_(pa.int32()))),
        ("answers", pa.struct([("text", pa.list_(pa.string())), ("start", pa.list_(pa.int32()))])),
        ("turns", pa.list_(pa.struct([("role", pa.string()), ("content", pa.string())]))),
        ("day", pa.date32()),
        ("when", pa.timestamp("us")),
        ("seen", pa.timestamp("s")),
        ("nano", pa.timestamp("ns")),
        ("raw", pa.binary()),
        ("nothing", pa.null()),
    ]
)

ROWS = [
    {
        "text": "it 's a charming and often affecting journey . ",
        "count": 1,
        "label": 0,
        "big": 2**53 + 1,
        "unsigned": 2**64 - 1,
        "truth": True,
        "score": 0.1,
        "half": 0.5,
        "choices": ["A", "B"],
        "numbers": [1, 2, 3],
        "grid": [[1], [], [2, 3]],
        "answers": {"text": ["x", "y"], "start": [0, 7]},
        "turns": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": None}],
        "day": date(2024, 2, 29),
        "when": datetime(2024, 2, 29, 12, 34, 56, 789012),
        "seen": datetime(1969, 12, 31, 23, 59, 59),
        "nano": datetime(2024, 2, 29, 12, 34, 56, 7),
        "raw": b"\x00\xff",
        "nothing": None,
    },
    {name: None for name in SCHEMA.names},
    {
        "text": "",
        "count": -5,
        "label": -1,
        "big": -(2**53) + 1,
        "unsigned": 7,
        "truth": False,
        "score": math.nan,
        "half": -math.inf,
        "choices": [],
        "numbers": [None, 4],
        "grid": [None, [None]],
        "answers": {"text": [], "start": None},
        "turns": [],
        "day": date(1970, 1, 1),
        "when": datetime(2000, 1, 1),
        "seen": datetime(2000, 1, 1, 1, 2, 3),
        "nano": datetime(1900, 1, 1),
        "raw": b"",
        "nothing": None,
    },
    {
        "text": "héllo\n\U0001f600",
        "count": 2**31,
        "label": 2,
        "big": 3,
        "unsigned": 0,
        "truth": None,
        "score": -2.5e300,
        "half": 1.0,
        "choices": [None, "D"],
        "numbers": [],
        "grid": [],
        "answers": {"text": None, "start": [1]},
        "turns": [None, {"role": None, "content": None}],
        "day": date(1969, 12, 31),
        "when": datetime(1960, 6, 1, 0, 0, 0, 1),
        "seen": None,
        "nano": None,
        "raw": b"a",
        "nothing": None,
    },
]

SMALL = ["text", "count", "truth", "choices"]

CSV_COLUMNS = {
    "ints": ["1", "2", "3"],
    "signs": ["+1", "-2", "-0"],
    "spaces": [" 1", "2 ", " 3 "],
    "zeros": ["007", "1", "2"],
    "floats": ["1.5", "2", "3"],
    "exponents": ["1e3", "1E+5", "1e-2"],
    "dots": ["1.", ".5", "3"],
    "infinite": ["inf", "-Infinity", "+INF"],
    "overflow": ["1e400", "2", "3"],
    "digits": ["0.30000000000000004", "123456789.123456789", "0.1"],
    "largest": ["9223372036854775807", "1", "2"],
    "unsigned": ["9223372036854775808", "1", "2"],
    "too wide": ["9223372036854775808", "-1", "2"],
    "int or nothing": ["1", "", "3"],
    "booleans": ["True", "FALSE", "tRUE"],
    "boolean or nothing": ["true", "", "False"],
    "boolean or int": ["True", "1", "0"],
    "words for nothing": ["NA", "x", "null"],
    "more words": ["None", "N/A", "y"],
    "quoted words": ['"NA"', '""', "x"],
    "not quite": [" NA", "na", "Nan"],
    "all nothing": ["", "", ""],
    "not numbers": ["1_000", "0x10", "1e"],
    "minus": ["-", "1", "2"],
    "thousands": ['"1,000"', "2", "3"],
    "quoted ints": ['"1"', '"2"', '"3"'],
    "nan": ["nan", "1.5", "-nan"],
    "blank": [" ", "1", "2"],
    "dates": ["2020-01-01", "2020-01-02", "2020-01-03"],
    "yes": ["yes", "no", "yes"],
}

CSV_TEXTS = {
    "columns": "\n".join(",".join(row) for row in [list(CSV_COLUMNS), *zip(*CSV_COLUMNS.values())]) + "\n",
    "duplicate names": "a,a,a.1,b\n1,2,3,4\n",
    "empty name": "a,,b\n1,2,3\n",
    "spaced name": " a ,b\n1,2\n",
    "blank lines": "\n \na,b\n1,2\n\n  \n3,4\n\n",
    "quote inside": 'a,b\nhe "x" y,2\n"say ""hi""",4\n"""z""",5\n',
    "newline inside": 'a,b\r\n"he\r\nx",2\r\n"p,q",4\r\n',
    "carriage returns": "a,b\r1,2\r3,4\r",
    "byte order mark": '\ufeff"a",b\n1,2\n',
    "one column": 'a\nx\n\n""\ny\n',
    "spaces around quotes": 'a,b\n "x",2\n',
    "no last newline": "a,b\n1,2\n3,x",
    "never closed": 'a,b\n"he,2\n3,4\n',
    "too many fields": "a,b\n1,2\n3,4,5\n",
    "only a header": "a,b\n",
    "empty": "",
    "prototype": "__proto__,constructor\n1,2\n",
}

TSV_TEXTS = {
    "glue": 'index\tsentence1\tsentence2\tlabel\n0\tHe said "no.\t"\t0\n1\t"a"\t""\t1\n2\tNA\tnull\t0\n',
    "byte order mark": "\ufeffQuality\t#1 ID\t#1 String\n1\t17\tPCCW's chief\n0\t18\tx\n",
    "nothing is text": "a\tb\n1\t1.5\n\t2\n",
    "booleans": "a\tb\nTrue\tnan\nfalse\t1\n",
}

JSON_TEXTS = {
    "missing keys": '{"a": 1}\n{"b": 2, "a": 3}\n{"c": 1}\n',
    "another order": '{"a": 1, "b": 2}\n{"b": 3, "a": 4}\n',
    "blank lines": '{"a": 1}\n\n  \n{"a": 2}\n\n',
    "crlf": '{"a": 1}\r\n{"a": 2}\r\n',
    "byte order mark": '\ufeff{"a": 1}\n{"a": 2}\n',
    "python numbers": '{"a": NaN, "b": Infinity, "c": "NaN, -Infinity"}\n{"a": 1.5, "b": -Infinity, "c": "x"}\n',
    "array": ' [{"a": 1}, {"b": 2}]',
    "array of texts": '["x", "y"]',
    "one object": '{\n"a": 1,\n"b": "x"}',
    "one line": '{"a": [1, 2], "b": ["x", "y"]}\n',
    "nested keys differ": '{"a": {"x": 1}}\n{"a": {"y": 2}}\n',
    "mixed types": '{"a": 1}\n{"a": "x"}\n',
    "prototype": '{"__proto__": {"x": 1}, "a": 2}\n{"a": 3, "constructor": 1}\n',
    "blank": "\n\n",
    "empty": "",
    "text lines": '"x"\n"y"\n',
    "broken line": '{"a": 1}\n{"a": \n',
}


def plain(value):
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return value
    if isinstance(value, (list, tuple)):
        return [plain(element) for element in value]
    if isinstance(value, dict):
        return {key: plain(element) for key, element in value.items()}
    if isinstance(value, bytes):
        return {"$bytes": value.hex()}
    if isinstance(value, int):
        return value if abs(value) < 2**53 else {"$int": str(value)}
    if isinstance(value, float):
        return value if math.isfinite(value) else {"$float": str(value)}
    return str(value)


def load(kind: str, text: str, **settings):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"data.{kind}"
        path.write_bytes(text.encode())
        try:
            found = datasets.load_dataset(kind, data_files=str(path), split="train", cache_dir=f"{folder}/cache", **settings)
        except Exception:
            return "error"
        return plain(found.to_list())


def main(out: Path) -> None:
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    table = pa.Table.from_pylist(ROWS, SCHEMA)
    expected = {}

    def add(name: str, rows) -> None:
        expected[name] = plain(rows)

    for codec in ["none", "snappy", "gzip", "zstd", "brotli", "lz4"]:
        pq.write_table(table.select(SMALL), out / f"{codec}.parquet", compression=codec, store_schema=False)
        add(f"{codec}.parquet", table.select(SMALL).to_pylist())
    pq.write_table(table, out / "types.parquet", compression="zstd", data_page_version="2.0")
    add("types.parquet", table.to_pylist())
    many = pa.table({"i": list(range(100)), "text": [f"row {i}" for i in range(100)]})
    pq.write_table(many, out / "groups.parquet", row_group_size=32, store_schema=False)
    add("groups.parquet", many.to_pylist())

    with pa.ipc.new_file(out / "types.arrow", SCHEMA) as writer:
        writer.write_table(table, max_chunksize=2)
    add("types.arrow", table.to_pylist())
    with pa.ipc.new_stream(out / "stream.arrow", SCHEMA) as writer:
        writer.write_table(table, max_chunksize=1)
    add("stream.arrow", table.to_pylist())
    with pa.ipc.new_stream(out / "compressed.arrow", SCHEMA, options=pa.ipc.IpcWriteOptions(compression="zstd")) as writer:
        writer.write_table(table)
    coded = pa.table(
        {
            "word": pa.array(["b", "a", None, "b"]).dictionary_encode(),
            "day": pa.array([row["day"] for row in ROWS]).dictionary_encode(),
        }
    )
    with pa.ipc.new_stream(out / "legacy.arrow", coded.schema, options=pa.ipc.IpcWriteOptions(use_legacy_format=True)) as writer:
        writer.write_table(coded)
    add("legacy.arrow", coded.to_pylist())
    with pa.ipc.new_stream(out / "dictionary.arrow", coded.schema) as writer:
        writer.write_table(coded)
    add("dictionary.arrow", coded.to_pylist())

    hostile = pa.table({"a": [{"__proto__": {"polluted": 1}, "b": 2}]})
    pq.write_table(hostile, out / "prototype.parquet", store_schema=False)
    with pa.ipc.new_stream(out / "prototype.arrow", hostile.schema) as writer:
        writer.write_table(hostile)
    hostile = pa.table({"__proto__": [1]})
    with pa.ipc.new_stream(out / "prototype-column.arrow", hostile.schema) as writer:
        writer.write_table(hostile)

    features = datasets.Features(
        {"sentence": datasets.Value("string"), "label": datasets.ClassLabel(names=["no", "yes"]), "idx": datasets.Value("int32")}
    )
    part = lambda n: {"sentence": [f"sentence {i}" for i in range(n)], "label": [i % 2 for i in range(n)], "idx": list(range(n))}
    saved = datasets.DatasetDict(
        train=datasets.Dataset.from_dict(part(5), features), validation=datasets.Dataset.from_dict(part(3), features)
    )
    saved.save_to_disk(out / "saved", num_shards={"train": 2, "validation": 1})
    for split in saved:
        add(f"saved/{split}", saved[split].to_list())
    saved["validation"].to_parquet(out / "labels.parquet")
    add("labels.parquet", saved["validation"].to_list())

    texts = {
        "csv": {name: {"text": text, "rows": load("csv", text)} for name, text in CSV_TEXTS.items()},
        "tsv": {
            name: {"text": text, "rows": load("csv", text, sep="\t", quoting=3, keep_default_na=False)}
            for name, text in TSV_TEXTS.items()
        },
        "json": {name: {"text": text, "rows": load("json", text)} for name, text in JSON_TEXTS.items()},
    }
    dump = lambda value: json.dumps(value, indent=1, ensure_ascii=False) + "\n"
    (out / "expected.json").write_text(dump(expected))
    (out / "texts.json").write_text(dump(texts))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
