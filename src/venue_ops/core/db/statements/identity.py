"""Which database is asked: the same by every spelling of its address, and behind every tunnel."""

from __future__ import annotations

from sqlalchemy import TextClause, text

from venue_ops.core.db.questions import DatabaseIdentity


def database(_: DatabaseIdentity) -> TextClause:
    """Binds nothing. The cluster's identifier is made by initdb, and a standby has the same.

    Every role may call pg_control_system unless that was revoked; a pooler passes it on.
    """
    return text("""
SELECT CAST(d.datname AS text) AS name, CAST(d.oid AS bigint) AS oid, c.system_identifier
FROM pg_catalog.pg_control_system() AS c, pg_catalog.pg_database AS d
WHERE d.datname = pg_catalog.current_database()
""")
