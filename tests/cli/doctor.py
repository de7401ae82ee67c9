"""Doctor on a database: findings by name, its text without what differs by machine, rows."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from typing import Any

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict
from tests.cli import schemas
from tests.cli.program import Program
from tests.databases import NOW, Database

from venue_ops.settings import WorkerNames

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


def as_owner(owner: psycopg.Connection[Any], statement: Any) -> None:
    """Run a statement that the test made up."""
    owner.execute(sql.SQL(statement))


def run_suggested(owner: psycopg.Connection[Any], text: str) -> None:
    """What doctor suggests, as an administrator would paste it."""
    for statement in text.split("; "):
        as_owner(owner, statement)


def ago(**span: float) -> datetime:
    """So long before the moment of the sample, as the database keeps times."""
    return (NOW - timedelta(**span)).replace(tzinfo=None)


def insert(owner: psycopg.Connection[Any], **columns: Any) -> int:
    """A job; an available enrichment where nothing else is said."""
    row = {
        "worker": WorkerNames().enrichment[0],
        "queue": "venue_enrichment",
        "state": "available",
        "attempt": 0,
        "max_attempts": 3,
        "inserted_at": ago(minutes=1),
        "scheduled_at": ago(minutes=1),
        "args": json.dumps({"venue_id": 1}),
        **columns,
    }
    names, places = ", ".join(row), ", ".join(f"%({name})s" for name in row)
    statement = f"INSERT INTO oban_jobs ({names}) VALUES ({places}) RETURNING id"
    found = owner.execute(sql.SQL(statement), row).fetchone()
    assert found is not None
    return int(found[0])
