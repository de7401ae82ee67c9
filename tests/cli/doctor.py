"""Doctor on a database: its findings by name, and its text without what differs by machine."""

from __future__ import annotations

import json
import re
from typing import Any

from psycopg.conninfo import conninfo_to_dict
from tests.cli import schemas
from tests.cli.program import Program
from tests.databases import Database

Finding = dict[str, Any]


def findings(program: Program, *argv: str) -> dict[str, Finding]:
    """The findings by the name of their check; all that is printed fits the schema."""
    result = program("doctor", *argv, "-o", "json")
    whole = json.loads(result.out)
    schemas.assert_valid(whole, "findings")
    names = [finding["check"] for finding in whole["data"]]
    assert len(set(names)) == len(names) == whole["page"]["total"]
    bad = {"fail", "skipped"} if "--check" in argv else {"fail"}
    failing = any(finding["level"] in bad for finding in whole["data"])
    assert result.code == (4 if failing else 0)
    return dict(zip(names, whole["data"], strict=True))


def finding(program: Program, check: str, *argv: str) -> Finding:
    """The one finding of one check."""
    (only,) = findings(program, "--check", check, *argv).values()
    assert only["check"] == check
    return only


def subjects(found: Finding) -> list[str]:
    """What its details are about."""
    return [detail["subject"] for detail in found["details"]]


def normal(text: str, database: Database, role: str | None = None) -> str:
    """The text without the names of database and role, the server, and how long ago it is."""
    target = conninfo_to_dict(database.conninfo)
    text = text.replace(f"{target['dbname']} on the socket in {target['host']}", "DATABASE")
    text = text.replace(str(target["dbname"]), "DBNAME")
    text = re.sub(rf"\b{role or target['user']}\b(?!ql)", "ROLE", text)
    text = re.sub(r"PostgreSQL \d+(\.\d+)?\w*", "PostgreSQL 18", text)
    return re.sub(r"(This machine is )\w+( behind)", r"\1SOME TIME\2", text)
