"""What we say ourselves passes the redactor as it is: a hint that is garbled helps nobody."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import venue_ops
from venue_ops.core.redaction import Redactor

ROOT = Path(venue_ops.__file__).parent
NOT_SAID = (ROOT / "demo", ROOT / "core" / "redaction")
"""Sample data, and the patterns of secrets themselves."""
SOURCES = sorted(path for path in ROOT.rglob("*.py") if not any(map(path.is_relative_to, NOT_SAID)))
SAYING = ("note", "warn", "verbose", "error", "append", "Finding", "Remedy", "Option", "Argument")


def sentences(path: Path) -> Iterator[tuple[int, str]]:
    """Every text that is handed to an error, to the console or kept as a constant.

    What is filled in later is a word of no meaning: it is redacted on its own account.
    """
    tree = ast.parse(path.read_text("utf-8"))
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)) if (
                name.endswith("Error") or name in SAYING
            ):
                parts = [*node.args, *(keyword.value for keyword in node.keywords)]
            case ast.Assign() | ast.AnnAssign() | ast.Return() if node.value is not None:
                parts = [node.value]
            case _:
                continue
        for part in parts:
            for text in ast.walk(part):
                said = spelled(text)
                if " " in said.strip():
                    yield text.lineno, said  # type: ignore[attr-defined]  # a text has a line


def spelled(node: ast.AST) -> str:
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=values):
            return "".join(
                spelled(value) if isinstance(value, ast.Constant) else "something"
                for value in values
            )
        case _:
            return ""


SAID = [(path, line, said) for path in SOURCES for line, said in sentences(path)]


def test_they_are_found() -> None:
    texts = {said for _, _, said in SAID}
    assert len(texts) > 500
    assert any(said.startswith("Check what IMAGEKIT_PRIVATE_KEY holds") for said in texts)
    assert any("AWS_ACCESS_KEY_ID" in said for said in texts)


@pytest.mark.parametrize("folder", sorted({path.relative_to(ROOT).parts[0] for path, _, _ in SAID}))
def test_no_sentence_of_ours_is_changed(folder: str) -> None:
    redactor = Redactor()
    garbled = [
        f"{path.relative_to(ROOT)}:{line}: {said!r} -> {redactor.text(said)!r}"
        for path, line, said in SAID
        if path.relative_to(ROOT).parts[0] == folder and redactor.text(said) != said
    ]
    assert garbled == []
