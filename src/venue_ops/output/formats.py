"""The names of the output formats, apart from what writes them: `--help` needs only these."""

from __future__ import annotations

from enum import StrEnum


class Format(StrEnum):
    """The values of `-o/--output`."""

    TABLE = "table"
    WIDE = "wide"
    JSON = "json"
    NDJSON = "ndjson"
    CSV = "csv"
    TSV = "tsv"
    IDS = "ids"
