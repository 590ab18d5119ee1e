"""Asks safetensors itself: which files it accepts and what it reads from them, and which bytes it writes.

    python make_verdicts.py                  # safetensors 0.8.0 and numpy; writes beside this file

verdicts.jsonl: one case a line: the file's bytes (as latin-1 text), and either the tensors and metadata that safetensors
reads, or the reason it gives for rejecting it. written.jsonl: a set of tensors and the file that safetensors writes.
"""

import ctypes
import json
import tempfile
from pathlib import Path
from struct import pack

import safetensors

assert safetensors.__version__ == "0.8.0", safetensors.__version__
HERE = Path(__file__).parent
U64 = 2**64 - 1


def t(name, dtype="F32", shape="[1]", offsets="[0,4]", extra=""):
    return f'"{name}":{{"dtype":{json.dumps(dtype)},"shape":{shape},"data_offsets":{offsets}{extra}}}'


def file(*fields, data=4, header=None, length=None):
    header = "{" + ",".join(fields) + "}" if header is None else header
    header = header if isinstance(header, bytes) else header.encode()
    return pack("<Q", len(header) if length is None else length) + header + bytes((7 * i + 1) % 256 for i in range(data))


ZERO = "[0,0]"
ESCAPED = r'q\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00'
CASES = {
    # The length in the first 8 bytes
    "an empty file": b"",
    "seven bytes": b"\2" + bytes(6),
    "a length without a header": pack("<Q", 2),
    "a length of zero": pack("<Q", 0),
    "a header that ends one byte beyond the file": file(header="{}", length=3, data=0),
    "a header of exactly 100,000,000 bytes, cut off": file(header="{}", length=100_000_000),
    "a header of 100,000,001 bytes": file(header="{}", length=100_000_001),
    "a length of 2^63": file(header="{}", length=2**63),
    "a text file": b"These are not weights, this is text.\n",
    # JSON
    "no tensors": file(data=0),
    "spaces after the header": file(header="{" + t("a") + "}   "),
    "spaces before the header": file(header="  {" + t("a") + "}"),
    "tabs and line breaks between tokens": file(header="{\r\n\t" + t("a").replace(":", " :\n") + "\n}"),
    "a form feed after the header": file(header="{}\f", data=0),
    "bytes that are not UTF-8": file(header=b'{"\xff":1}', data=0),
    "a byte order mark": file(header="\ufeff{}", data=0),
    "a header that is not JSON": file(header="weights", data=0),
    "an array": file(header="[]", data=0),
    "null": file(header="null", data=0),
    "NUL padding": file(header="{}\0\0", data=0),
    "text after the end": file(header="{}x", data=0),
    "two objects": file(header="{}{}", data=0),
    "a comma before the closing brace": file(header="{" + t("a") + ",}"),
    "an unclosed object": file(header="{" + t("a")),
    "a raw control character in a name": file(t("\x01")),
    "half a surrogate pair": file(t(r"\ud83d")),
    "a leading zero": file(t("a", shape="[01]")),
    "125 arrays in an entry": file(t("a", extra=',"x":' + "[" * 125 + "]" * 125)),
    "126 arrays in an entry": file(t("a", extra=',"x":' + "[" * 126 + "]" * 126)),
    "a number beyond float64 in an ignored field": file(t("a", extra=',"x":1e400')),
    # Names
    "an empty name": file(t("")),
    "a Chinese name": file(t("权重")),
    "the name __proto__": file(t("__proto__"), t("constructor", offsets="[4,8]"), data=8),
    "escapes in a name": file(t(ESCAPED)),
    "an escaped __metadata__": file(r'"\u005f_metadata__":{"a":"b"}', data=0),
    "a name twice, same entry": file(t("a"), t("a")),
    "a name twice, other bytes": file(t("a"), t("a", offsets="[4,8]"), data=8),
    "a name twice, the first entry invalid": file(t("a", dtype="X"), t("a")),
    "a name twice, the first entry of another size": file(t("a", offsets="[0,0]"), t("a")),
    "a name twice, the second entry of another size": file(t("a"), t("a", offsets="[0,0]")),
    # __metadata__
    "metadata": file('"__metadata__":{"format":"pt","ü":"😀"}', t("a")),
    "metadata after the tensors": file(t("a"), '"__metadata__":{"format":"pt"}'),
    "metadata without tensors": file('"__metadata__":{"a":"b"}', data=0),
    "metadata that is null": file('"__metadata__":null', t("a")),
    "a metadata key twice": file('"__metadata__":{"a":"b","a":"c"}', data=0),
    "metadata that is text": file('"__metadata__":"pt"', t("a")),
    "metadata with a number": file('"__metadata__":{"step":1}', t("a")),
    "metadata with an object": file('"__metadata__":{"a":{}}', t("a")),
    "metadata with null": file('"__metadata__":{"a":null}', t("a")),
    "metadata twice": file('"__metadata__":{"a":"b"},"__metadata__":{"a":"b"}', data=0),
    # An entry's fields
    "an extra field": file(t("a", extra=',"note":[1.5,{"x":null},true,false]')),
    "an extra field twice": file(t("a", extra=',"x":1,"x":2')),
    "dtype twice": file('"a":{"dtype":"F32","dtype":"F32","shape":[1],"data_offsets":[0,4]}'),
    "shape twice": file('"a":{"dtype":"F32","shape":[1],"shape":[1],"data_offsets":[0,4]}'),
    "data_offsets twice": file('"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"data_offsets":[0,4]}'),
    "no dtype": file('"a":{"shape":[1],"data_offsets":[0,4]}'),
    "no shape": file('"a":{"dtype":"F32","data_offsets":[0,4]}'),
    "no data_offsets": file('"a":{"dtype":"F32","shape":[1]}'),
    "an entry that is a number": file('"a":1', data=0),
    "an unknown dtype": file(t("a", dtype="F128")),
    "a dtype named like an object's method": file(t("a", dtype="toString")),
    "a lower-case dtype": file(t("a", dtype="f32")),
    "a negative dimension": file(t("a", shape="[-1]")),
    "a negative zero": file(t("a", shape="[-0]", offsets=ZERO), data=0),
    "a dimension 1.0": file(t("a", shape="[1.0]")),
    "a dimension 1e0": file(t("a", shape="[1e0]")),
    "a dimension in quotes": file(t("a", shape='["1"]')),
    "a shape that is a number": file(t("a", shape="1")),
    "offsets in quotes": file(t("a", offsets='["0","4"]')),
    "an offset 4.0": file(t("a", offsets="[0,4.0]")),
    "a negative offset": file(t("a", offsets="[-4,0]")),
    "one offset": file(t("a", offsets="[4]")),
    "three offsets": file(t("a", offsets="[0,4,8]")),
    # Sizes
    "a scalar": file(t("a", shape="[]")),
    "a scalar without bytes": file(t("a", shape="[]", offsets=ZERO), data=0),
    "a tensor of no elements": file(t("a", shape="[2,0,3]", offsets=ZERO), data=0),
    "several tensors of no elements": file(t("a", shape="[0]", offsets=ZERO), t("b", "U8", "[0]", ZERO), data=0),
    "no elements between others": file(t("a"), t("b", shape="[0]", offsets="[4,4]"), t("c", offsets="[4,8]"), data=8),
    "no elements, listed after what follows": file(t("a"), t("z", shape="[0]", offsets=ZERO)),
    "one byte too few for the shape": file(t("a", offsets="[0,3]"), data=3),
    "one byte too many for the shape": file(t("a", offsets="[0,5]"), data=5),
    "F4 in pairs": file(t("a", "F4", "[2,3]", "[0,3]"), data=3),
    "F4 that ends inside a byte": file(t("a", "F4", "[3]", "[0,2]"), data=2),
    "F6 in fours": file(t("a", "F6_E2M3", "[4]", "[0,3]"), data=3),
    "F6 that ends inside a byte": file(t("a", "F6_E3M2", "[3]", "[0,2]"), data=2),
    "a shape beyond 64 bits": file(t("a", shape=f"[{2**32},{2**32}]", offsets=ZERO), data=0),
    "a shape beyond 64 bits, times zero": file(t("a", shape=f"[{2**32},{2**32},0]", offsets=ZERO), data=0),
    "zero times a shape beyond 64 bits": file(t("a", shape=f"[0,{U64},{U64}]", offsets=ZERO), data=0),
    "bits beyond 64 bits": file(t("a", shape=f"[{2**62}]", offsets=ZERO), data=0),
    "a dimension of 2^64-1 beside a zero": file(t("a", shape=f"[0,{U64}]", offsets=ZERO), data=0),
    "a dimension of 2^64 beside a zero": file(t("a", shape=f"[0,{2**64}]", offsets=ZERO), data=0),
    "a dimension of 2^53+1 beside a zero": file(t("a", shape=f"[{2**53 + 1},0]", offsets=ZERO), data=0),
    # Where the bytes lie
    "two bytes missing": file(t("a", shape="[3]", offsets="[0,12]"), data=10),
    "two bytes after the last tensor": file(t("a"), data=6),
    "bytes but no tensors": file(data=1),
    "offsets past the end": file(t("a", shape="[1048576]", offsets="[0,4194304]")),
    "offsets beyond 2^53": file(t("a", "U8", f"[{2**53 + 1}]", f"[0,{2**53 + 1}]"), data=0),
    "ten tensors on the same bytes": file(*(t(f"w{i}") for i in range(10))),
    "an overlap of one byte": file(t("a"), t("b", "U8", "[4]", "[3,7]"), data=7),
    "a hole": file(t("a"), t("b", offsets="[5,9]"), data=9),
    "a first offset that is not zero": file(t("a", offsets="[1,5]"), data=5),
    "an end before the begin": file(t("a", "U8", "[0]", "[4,0]"), data=0),
    "an order unlike that of the bytes": file(t("b", offsets="[4,8]"), t("c", offsets="[8,12]"), t("a"), data=12),
    "F32 at an odd offset": file(t("a", "U8", "[1]", "[0,1]"), t("b", offsets="[1,5]"), data=5),
    "data that begin at an odd byte": file(header="{" + t("a") + "}" + " " * ((1 - len(t("a"))) % 2)),
}
for name, bits in dict(BOOL=8, U8=8, I8=8, F8_E5M2=8, F8_E4M3=8, F8_E8M0=8, F8_E4M3FNUZ=8, F8_E5M2FNUZ=8, I16=16, U16=16,
                       F16=16, BF16=16, I32=32, U32=32, F32=32, C64=64, F64=64, I64=64, U64=64, F4=4, F6_E2M3=6,
                       F6_E3M2=6).items():
    CASES[f"four of {name}"] = file(t("a", name, "[4]", f"[0,{bits // 2}]"), data=bits // 2)

WRITTEN = {
    # rule: ({name: (dtype as safetensors' Python names it, as the file does, shape)}, metadata)
    "one tensor": ({"weight": ("float32", "F32", [2, 3])}, None),
    "metadata": ({"weight": ("float32", "F32", [2])}, {"format": "pt"}),
    "metadata to escape": ({"a": ("uint8", "U8", [1])}, {'q"\\/': "\b\f\n\r\t\x01\x1f\x7f\u2028é😀"}),
    "no tensors": ({}, None),
    "no tensors, metadata": ({}, {"format": "pt"}),
    "empty metadata": ({"a": ("uint8", "U8", [1])}, {}),
    "a scalar": ({"s": ("float64", "F64", [])}, None),
    "no elements": ({"b": ("float32", "F32", [0, 3]), "a": ("float32", "F32", [1]), "c": ("float32", "F32", [0])}, None),
    "names in order": ({n: ("bfloat16", "BF16", [3]) for n in ["b", "a.10", "a.2", "a", "B", "_", ""]}, None),
    "names to escape": ({n: ("uint8", "U8", [1]) for n in ['q"', "back\\slash", "line\nbreak", "\x00", "\x7f"]}, None),
    "unicode names": ({n: ("int16", "I16", [1]) for n in ["权重", "é", "e\u0301", "ß", "z", "😀"]}, None),
    "names beyond the basic plane after those within it": ({n: ("uint8", "U8", [1]) for n in ["😀", "\uff5e"]}, None),
    "wide dtypes first": ({"a": ("uint8", "U8", [3]), "b": ("float16", "F16", [3]), "c": ("float32", "F32", [3]),
                           "d": ("int64", "I64", [3]), "e": ("float4_e2m1fn_x2", "F4", [4])}, None),
    "the format's order among 64-bit dtypes": ({"a": ("complex64", "C64", [1]), "b": ("float64", "F64", [1]),
                                                "c": ("int64", "I64", [1]), "d": ("uint64", "U64", [1])}, None),
    "the format's order among 32-bit dtypes": ({"a": ("int32", "I32", [1]), "b": ("uint32", "U32", [1]),
                                                "c": ("float32", "F32", [1])}, None),
    "BF16 before F16": ({"a": ("float16", "F16", [1]), "b": ("bfloat16", "BF16", [1])}, {"format": "pt"}),
    "the format's order among 8-bit dtypes": ({"a": ("bool", "BOOL", [1]), "b": ("uint8", "U8", [1]),
                                               "c": ("int8", "I8", [1]), "d": ("float8_e4m3fn", "F8_E4M3", [1]),
                                               "e": ("float8_e5m2", "F8_E5M2", [1])}, None),
    "F4 before BOOL": ({"a": ("bool", "BOOL", [2]), "b": ("float4_e2m1fn_x2", "F4", [4])}, None),
    **{f"a name of {i} characters, padded": ({"n" * i: ("float32", "F32", [1])}, None) for i in range(8)},
}


def judge(data):
    try:
        tensors = {name: [v["dtype"], v["shape"], bytes(v["data"]).decode("latin-1")]
                   for name, v in sorted(safetensors.deserialize(data))}
    except safetensors.SafetensorError as error:
        # Without the tensor's name: of several it is any.
        return {"rejected": str(error).removeprefix("Error while deserializing: ").split(" for tensor `")[0]}
    with tempfile.NamedTemporaryFile() as f:
        Path(f.name).write_bytes(data)
        with safetensors.safe_open(f.name, "np") as opened:
            return {"tensors": tensors, "metadata": dict(sorted((opened.metadata() or {}).items()))}


def write(tensors, metadata):
    """Every byte of the i-th tensor is i + 1."""
    specs, keep = {}, []
    for i, (name, (dtype, of_file, shape)) in enumerate(tensors.items()):
        elements = 1
        for dimension in shape:
            elements *= dimension
        size = elements * {"F4": 4, "U8": 8, "I8": 8, "BOOL": 8, "F8_E4M3": 8, "F8_E5M2": 8}.get(
            of_file, 64 if "64" in of_file else 32 if "32" in of_file else 16) // 8
        keep.append(ctypes.create_string_buffer(bytes([i + 1]) * size, max(size, 1)))
        packed = shape[:-1] + [shape[-1] // 2] if of_file == "F4" else shape
        specs[name] = safetensors.TensorSpec(
            dtype=dtype, shape=packed, data_ptr=ctypes.addressof(keep[-1]), data_len=size)
    return safetensors.serialize(specs, metadata)


def lines(rows):
    return "".join(json.dumps(row, ensure_ascii=True) + "\n" for row in rows)


(HERE / "verdicts.jsonl").write_text(lines(
    {"rule": rule, "file": data.decode("latin-1"), **judge(data)} for rule, data in CASES.items()))
(HERE / "written.jsonl").write_text(lines(
    {"rule": rule, "tensors": [{"name": name, "dtype": of_file, "shape": shape} for name, (_, of_file, shape) in tensors.items()],
     **({} if metadata is None else {"metadata": metadata}), "file": write(tensors, metadata).decode("latin-1")}
    for rule, (tensors, metadata) in WRITTEN.items()))
