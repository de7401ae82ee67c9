"""Resolve pyproject.toml into requirements/*.txt: exact versions, one set for every Python.

Each supported Python that is found resolves everything at once in a fresh environment
(`pip install --dry-run`, nothing is installed), so the files never contradict each other.
A pin that differs between Pythons gets a marker. No address is written.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import tomllib
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from tools.pythons import SUPPORTED, find

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class Layer:
    """One file: what it is for, what it asks for, and the file that it builds upon."""

    name: str
    purpose: str
    wanted: tuple[str, ...]
    upon: str | None = None


@dataclass(frozen=True, slots=True)
class Resolved:
    """What one Python's pip chose: version and dependencies of each package."""

    versions: dict[str, str]
    requires: dict[str, tuple[Requirement, ...]]
    environment: dict[str, str]

    def closure(self, wanted: tuple[str, ...]) -> set[str]:
        """Every package that the wanted ones pull in, themselves included."""
        asked = (Requirement(text) for text in wanted)
        todo = deque(each for each in asked if self.applies(each, ""))
        seen: set[tuple[str, str]] = set()
        while todo:
            requirement = todo.popleft()
            name = canonicalize_name(requirement.name)
            for extra in ("", *requirement.extras):
                if (name, extra) in seen:
                    continue
                seen.add((name, extra))
                todo.extend(r for r in self.requires[name] if self.applies(r, extra))
        return {name for name, _ in seen}

    def applies(self, requirement: Requirement, extra: str) -> bool:
        marker = requirement.marker
        return marker is None or marker.evaluate({**self.environment, "extra": extra})


def layers() -> tuple[Layer, ...]:
    pyproject: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    project, groups = pyproject["project"], pyproject["dependency-groups"]
    build = tuple(pyproject["build-system"]["requires"])
    extras = project["optional-dependencies"]
    return (
        Layer("build", "what builds the project", build),
        Layer("runtime", "what the program needs", tuple(project["dependencies"])),
        Layer("demo", "the embedded PostgreSQL", tuple(extras["demo"]), "runtime"),
        Layer("test", "what `make test` needs", tuple(groups["test"]), "demo"),
        Layer("dev", "what `make check` needs", tuple(groups["lint"] + groups["docs"]), "test"),
    )


def resolve(python: str, wanted: list[str]) -> Resolved:
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([python, "-m", "venv", folder], check=True)
        report = Path(folder, "report.json")
        command = [f"{folder}/bin/python", "-m", "pip", "install", "-qq", "--dry-run"]
        subprocess.run(
            [*command, "--ignore-installed", "--report", str(report), *wanted], check=True
        )
        answer = json.loads(report.read_text("utf-8"))
    versions: dict[str, str] = {}
    requires: dict[str, tuple[Requirement, ...]] = {}
    for item in answer["install"]:
        metadata = item["metadata"]
        name = canonicalize_name(metadata["name"])
        versions[name] = metadata["version"]
        requires[name] = tuple(Requirement(r) for r in metadata.get("requires_dist", ()))
    return Resolved(versions, requires, answer["environment"])


def marker(pythons: set[tuple[int, int]]) -> str:
    """The marker for these of the supported Pythons; the newest also stands for later ones."""
    if pythons == set(SUPPORTED):
        return ""
    chosen = sorted(pythons)
    parts = []
    if chosen == list(SUPPORTED[-len(chosen) :]):
        parts, chosen = [f'python_version >= "{chosen[0][0]}.{chosen[0][1]}"'], []
    parts += [f'python_version == "{major}.{minor}"' for major, minor in chosen]
    if chosen and chosen[-1] == SUPPORTED[-1]:
        parts[-1] = parts[-1].replace("==", ">=")
    return " ; " + " or ".join(parts)


def lines(names: dict[tuple[int, int], set[str]], chosen: dict[Any, Resolved]) -> list[str]:
    pins: dict[tuple[str, str], set[tuple[int, int]]] = {}
    for python, wanted in names.items():
        for name in wanted:
            pins.setdefault((name, chosen[python].versions[name]), set()).add(python)
    return [f"{name}=={version}{marker(where)}" for (name, version), where in sorted(pins.items())]


def main() -> None:
    pythons = find()
    missing = [v for v in SUPPORTED if v not in pythons]
    if missing:
        sys.exit(f"error: pins are made for {SUPPORTED}, and {missing} was not found")
    every = layers()
    wanted = [text for layer in every for text in layer.wanted]
    chosen = {version: resolve(python, wanted) for version, python in pythons.items()}
    below: dict[str, dict[tuple[int, int], set[str]]] = {}
    for layer in every:
        full = {v: r.closure(layer.wanted) for v, r in chosen.items()}
        base = below.get(layer.upon or "", {v: set() for v in chosen})
        below[layer.name] = {v: full[v] | base[v] for v in chosen}
        text = [
            f"# {layer.purpose[0].upper()}{layer.purpose[1:]}. Written by `make pins`"
            " from pyproject.toml; do not edit.",
            *([f"-r {layer.upon}.txt"] if layer.upon else []),
            *lines({v: full[v] - base[v] for v in chosen}, chosen),
        ]
        target = ROOT / "requirements" / f"{layer.name}.txt"
        target.write_text("\n".join(text) + "\n", "utf-8")
        print(f"{target.relative_to(ROOT)}: {len(text) - 1} lines")


if __name__ == "__main__":
    main()
