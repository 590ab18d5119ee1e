"""Asks xxhash (the reference's own binding) for XXH64 of byte patterns of many lengths.

    python make_xxh64.py                     # xxhash 4.1; writes xxh64.json beside this file

Byte i of a pattern is (i * 31 + length) % 251.
"""

import json
from pathlib import Path

import xxhash

LENGTHS = [*range(0, 70), 95, 96, 127, 1000, 4096, 100_003]
hashes = {n: xxhash.xxh64(bytes((i * 31 + n) % 251 for i in range(n))).hexdigest() for n in LENGTHS}
made = {"xxhash": xxhash.VERSION, "hashes": hashes}
(Path(__file__).parent / "xxh64.json").write_text(json.dumps(made, indent=1) + "\n")
