"""JSON as prettier lays it out at 120 columns, so that what is made needs no second formatting."""

import json
import re
from pathlib import Path

WIDTH = 120


def write_json(path: Path, value) -> None:
    path.write_text(render(value, 0, 0) + "\n")


def render(value, indent: int, column: int) -> str:
    """A list without objects or lists in it stands on one line where that fits; numbers fill lines."""
    inner = " " * (indent + 2)
    if isinstance(value, dict) and value:
        keys = [f"{inner}{json.dumps(key)}: " for key in value]
        lines = (key + render(item, indent + 2, len(key)) for key, item in zip(keys, value.values(), strict=True))
        return "{\n" + ",\n".join(lines) + "\n" + " " * indent + "}"
    if isinstance(value, list) and value:
        flat = [scalar(item) for item in value]
        line = "[" + ", ".join(flat) + "]"
        if not any(isinstance(item, (dict, list)) and item for item in value) and column + len(line) < WIDTH:
            return line
        if all(isinstance(item, (int, float)) and not isinstance(item, bool) for item in value):
            return "[\n" + fill(flat, inner) + "\n" + " " * indent + "]"
        return "[\n" + ",\n".join(inner + render(item, indent + 2, indent + 2) for item in value) + "\n" + " " * indent + "]"
    return scalar(value)


def scalar(value) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return re.sub(r"e([+-])0*", lambda match: "e" + match[1].strip("+"), text) if isinstance(value, float) else text


def fill(words: list[str], inner: str) -> str:
    lines = [inner + words[0]]
    for word in words[1:]:
        if len(lines[-1]) + len(word) + 3 <= WIDTH:
            lines[-1] += f", {word}"
        else:
            lines[-1] += ","
            lines.append(inner + word)
    return "\n".join(lines)
