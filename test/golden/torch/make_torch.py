"""Makes small PyTorch files, and what torch itself finds in them.

    python make_torch.py        # writes files/ and expected.jsonl beside this script

expected.jsonl: for each file of files/, either the tensors (dtype as safetensors names it, shape, sha256 of the
contiguous bytes), the entry they stand in and the names beside them; or a part of the reason for which it is refused.
Nothing here is random but the ids that torch gives to storages and archives.
"""

import collections
import hashlib
import json
import pickle
from pathlib import Path

import torch

HERE = Path(__file__).parent
DTYPES = {
    torch.float32: "F32", torch.float16: "F16", torch.bfloat16: "BF16", torch.float64: "F64", torch.int64: "I64",
    torch.int32: "I32", torch.int16: "I16", torch.int8: "I8", torch.uint8: "U8", torch.bool: "BOOL",
    torch.complex64: "C64", torch.uint16: "U16", torch.uint32: "U32", torch.uint64: "U64",
    torch.float8_e4m3fn: "F8_E4M3", torch.float8_e5m2: "F8_E5M2", torch.float8_e4m3fnuz: "F8_E4M3FNUZ",
    torch.float8_e5m2fnuz: "F8_E5M2FNUZ", torch.float8_e8m0fnu: "F8_E8M0",
}
LEGACY_DTYPES = [torch.float32, torch.float16, torch.bfloat16, torch.float64, torch.int64, torch.int32, torch.int16,
                 torch.int8, torch.uint8, torch.bool, torch.complex64]


def numbers(shape, dtype=torch.float32, start=1):
    count = 1
    for size in shape:
        count *= size
    if dtype is torch.bool:
        return (torch.arange(start, start + count) % 3 == 0).reshape(shape)
    if dtype in LEGACY_DTYPES:
        return torch.arange(start, start + count).to(dtype).reshape(shape)
    size = torch.empty(0, dtype=dtype).element_size()
    return torch.tensor([(start + i) % 120 for i in range(count * size)], dtype=torch.uint8).view(dtype).reshape(shape)


def tied():
    weight = numbers([4, 3])
    return {"embed.weight": weight, "lm_head.weight": weight, "rows": weight[1:3], "last": weight[3, 1:]}


def module():
    torch.manual_seed(7)
    layers = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.BatchNorm1d(2))
    return layers.state_dict()


def sizes():
    base = numbers([2, 3, 4])
    return {
        "scalar": torch.tensor(2.5), "none": torch.empty(0, 3), "one": base[:1, :1, 1:2].expand(1, 1, 1),
        "ones": base[0:1].transpose(0, 1)[1:2], "emptyView": base[2:, 3:], "whole": base,
        "strided one": torch.as_strided(base, (1, 4), (999, 1), 8),
    }


ACCEPTED = {
    # name: (what is saved, where the tensors stand in it, names beside them)
    "dtypes": (lambda: {str(d): numbers([2, 3], d) for d in LEGACY_DTYPES}, None, []),
    "module": (module, None, []),
    "parameter": (lambda: {"weight": torch.nn.Parameter(numbers([2, 2])), "fixed": numbers([3])}, None, []),
    "tied": (tied, None, []),
    "sizes": (sizes, None, []),
    "beside": (lambda: {"a": numbers([2]), "epoch": 3, "big": 2 ** 40, "huge": 2 ** 90, "negative": -5, "loss": 0.25,
                        "name": "ü", "nothing": None, "done": True, "not": False},
               None, ["epoch", "big", "huge", "negative", "loss", "name", "nothing", "done", "not"]),
    "state-dict": (lambda: {"epoch": 3, "state_dict": collections.OrderedDict(a=numbers([2]), step=7),
                            "optimizer": {"state": {0: {"exp_avg": numbers([2])}}, "param_groups": [{"lr": 0.1}]}},
                   "state_dict", ["epoch", "optimizer", "state_dict.step"]),
    "model-state-dict": (lambda: {"model_state_dict": {"a": numbers([2])}}, "model_state_dict", []),
    "deepspeed-module": (lambda: {"module": {"a": numbers([2])}, "lr": 0.1}, "module", ["lr"]),
    "names": (lambda: {"__proto__": numbers([1]), "constructor": numbers([2]), "": numbers([3]), "ü/..\\é\n": numbers([1])},
              None, []),
}
# Formats: (suffix, options of torch.save)
FORMATS = [("zip", {}), ("legacy", dict(_use_new_zipfile_serialization=False)), ("zip4", dict(pickle_protocol=4))]

REFUSED = {
    "transposed": (lambda: {"w": numbers([2, 3]).t()}, "not stored in the order of its elements"),
    "expanded": (lambda: {"w": numbers([1]).expand(3)}, "not stored in the order of its elements"),
    "columns": (lambda: {"w": numbers([2, 3])[:, :2]}, "not stored in the order of its elements"),
    "single": (lambda: numbers([2]), "a single tensor"),
    "list": (lambda: [numbers([2])], "instead of a dict of tensors"),
    "nested": (lambda: {"model": {"a": numbers([2])}}, 'holds a dict under model'),
    "both": (lambda: {"state_dict": {"a": numbers([2])}, "a": numbers([2])}, "the tensor a beside it"),
    "two": (lambda: {"state_dict": {"a": numbers([2])}, "module": {"a": numbers([2])}}, "two dicts of weights"),
    "empty": (dict, "holds no tensors"),
    "numbered": (lambda: {0: numbers([2])}, "not a text"),
    "storage": (lambda: {"a": numbers([2]).untyped_storage()}, "under a, where a tensor should be"),
    "conjugate": (lambda: {"a": torch.ones(2, dtype=torch.complex64).conj()}, "negated or conjugated"),
    "sparse": (lambda: {"a": torch.eye(2).to_sparse()}, "_rebuild_sparse_tensor"),
    "quantized": (lambda: {"a": torch.quantize_per_tensor(torch.ones(2), 0.1, 0, torch.qint8)}, "_rebuild_qtensor"),
    "meta": (lambda: {"a": torch.ones(2, device="meta")}, "_rebuild_meta_tensor_no_storage"),
    "whole-module": (lambda: torch.nn.Linear(2, 2), "torch.nn.modules.linear.Linear"),
    "set": (lambda: {"a": numbers([2]), "s": {1, 2}}, "set"),
    "bytes": (lambda: {"a": numbers([2]), "b": b"x"}, "_codecs.encode"),
    "complex128": (lambda: {"a": torch.ones(2, dtype=torch.complex128)}, "torch.ComplexDoubleStorage"),
    "tensor-attribute": (lambda: attributed(), "_rebuild_from_type_v2"),
}


def attributed():
    tensor = numbers([2])
    tensor.note = "x"
    return {"a": tensor}


def sha256(tensor):
    flat = tensor.detach().contiguous().reshape(-1)
    data = bytes(flat.view(torch.uint8).tolist()) if flat.numel() else b""
    return hashlib.sha256(data).hexdigest()


def describe(tensors):
    return {name: dict(dtype=DTYPES[t.dtype], shape=list(t.shape), sha256=sha256(t))
            for name, t in tensors.items() if isinstance(t, torch.Tensor)}


def save(value, path, options):
    # The archive's folder is named after the file's stem.
    torch.save(value, str(path), **options)


def main():
    files = HERE / "files"
    files.mkdir(exist_ok=True)
    for old in files.iterdir():
        old.unlink()
    expected = []
    cases = [(name, case, form) for name, case in ACCEPTED.items() for form in FORMATS]
    new = {str(d): numbers([2, 3], d) for d in DTYPES if d not in LEGACY_DTYPES}
    cases.append(("new-dtypes", (lambda: new, None, []), FORMATS[0]))
    for name, (make, wrapper, ignored), (suffix, options) in cases:
        value = make()
        save(value, files / f"{name}.{suffix}.bin", options)
        tensors = describe(value[wrapper] if wrapper else value)
        expected.append(dict(file=f"{name}.{suffix}.bin", wrapper=wrapper, ignored=ignored, tensors=tensors))
    for name, (make, reason) in REFUSED.items():
        save(make(), files / f"{name}.zip.bin", {})
        expected.append(dict(file=f"{name}.zip.bin", refused=reason))
    torch.jit.save(torch.jit.script(torch.nn.Linear(2, 2)), str(files / "script.zip.bin"))
    expected.append(dict(file="script.zip.bin", refused="TorchScript"))
    with open(files / "plain.pickle.bin", "wb") as out:
        pickle.dump({"a": [1, 2]}, out)
    expected.append(dict(file="plain.pickle.bin", refused="torch.save did not write"))
    lines = [json.dumps(case, ensure_ascii=False) + "\n" for case in expected]
    (HERE / "expected.jsonl").write_text("".join(lines))


main()
