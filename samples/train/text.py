"""Reads the two texts: novels for version 1, other books and speeches for version 2."""

import re
import zipfile
from pathlib import Path

VERSION_1 = ["Tale-of-Two-Cities", "Huckleberry", "Alice", "Dracula", "Emma", "Jack-Sheppard", "News-from-Nowhere",
             "Pride-and-Prejudice", "Sherlock", "Little-Colonel", "War-of-the-Worlds", "Wizard-of-Oz"]
VERSION_2 = ["War-and-Peace", "Moby-Dick"]
GUTENBERG = re.compile(r"\*\*\* ?START OF.*?\*\*\*(.*?)\*\*\* ?END OF", re.DOTALL)


def book(path: Path) -> str:
    """The body of a Project Gutenberg file, paragraphs unwrapped to one line each."""
    text = path.read_text(encoding="utf-8", errors="replace").replace("\r\n", "\n")
    match = GUTENBERG.search(text)
    body = match.group(1) if match else text
    body = body.translate(str.maketrans("“”‘’—", "\"\"''-")).replace("_", "")
    paragraphs = (" ".join(part.split()) for part in re.split(r"\n\s*\n", body))
    return "\n".join(part for part in paragraphs if part)


def books(folder: Path, names: list[str]) -> str:
    paths = [next(path for path in sorted((folder / "gutenberg").iterdir()) if name in path.name) for name in names]
    return "\n".join(book(path) for path in paths)


def speeches(folder: Path) -> str:
    """NLTK's state_union corpus (public domain)."""
    with zipfile.ZipFile(folder / "state_union.zip") as archive:
        names = sorted(name for name in archive.namelist() if name.endswith(".txt"))
        texts = [archive.read(name).decode("latin-1") for name in names]
    return "\n".join(" ".join(part.split()) for text in texts for part in re.split(r"\n\s*\n", text) if part.strip())


def version_1(folder: Path) -> str:
    return books(folder, VERSION_1)


def version_2(folder: Path) -> str:
    return books(folder, VERSION_2) + "\n" + speeches(folder)
