"""What PostgreSQL's catalogs say about the server, the tables and the role.

The catalogs are readable by every role, whatever it may read otherwise; tables are looked up
by name there and not by `to_regclass`, which fails where the role may not use the schema.

Nothing here waits for a lock on a table: what takes one itself, such as `pg_get_expr`, is not
called, so that doctor can say what it can while a migration runs, and who runs it.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import TextClause, text
from sqlalchemy.dialects.postgresql import ENUM, psycopg

from venue_ops.core.db.questions import (
    ColumnFacts,
    IndexFacts,
    LockFacts,
    RelationFacts,
    RoleFacts,
    ServerFacts,
)
from venue_ops.core.db.schema import cities, countries, oban_tables, venues

_TABLES = "'oban_jobs', 'venues', 'cities', 'countries'"
_KNOWN_NAMES = f"{_TABLES}, 'venue_data_providers'"

_OURS = f"""
SELECT c.oid, c.relname, c.relowner FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relname IN ({_TABLES}) AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
  AND CASE c.relname WHEN 'oban_jobs' THEN n.nspname = CAST(:schema AS text)
      ELSE pg_catalog.pg_table_is_visible(c.oid) END
"""  # noqa: S608


def server(_: ServerFacts) -> TextClause:
    """One row; `epoch` is the server's clock in seconds, `pid` the process that answers."""
    return text("""
SELECT CAST(current_setting('server_version_num') AS integer) AS version_number,
       current_setting('server_version') AS version,
       pg_is_in_recovery() AS is_replica,
       pg_backend_pid() AS pid,
       extract(epoch FROM clock_timestamp()) AS epoch,
       CAST(current_user AS text) AS role
""")


def relations(_: RelationFacts) -> TextClause:
    """Binds nothing; `rows` is the planner's estimate, below zero where it was never told."""
    return text(f"""
SELECT CAST(n.nspname AS text) AS schema,
       CAST(c.relname AS text) AS name,
       pg_table_is_visible(c.oid) AS is_visible,
       has_schema_privilege(n.oid, 'USAGE') AS may_use_schema,
       CAST(c.reltuples AS bigint) AS rows,
       obj_description(c.oid, 'pg_class') AS comment,
       pg_has_role(c.relowner, 'USAGE') AS is_owned,
       has_table_privilege(c.oid, 'SELECT') AS may_select,
       has_table_privilege(c.oid, 'DELETE') AS may_delete,
       has_table_privilege(c.oid, 'TRUNCATE') AS may_truncate,
       row_security_active(c.oid) AS is_filtered,
       coalesce(s.n_live_tup, 0) AS live_rows,
       coalesce(s.n_dead_tup, 0) AS dead_rows,
       coalesce(s.n_mod_since_analyze, 0) AS changed_rows
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_stat_all_tables s ON s.relid = c.oid
WHERE c.relname IN ({_KNOWN_NAMES}) AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
  AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
ORDER BY n.nspname, c.relname
""")  # noqa: S608


def columns(_: ColumnFacts) -> TextClause:
    """Binds `schema`; `found` is NULL where a column is missing, tables missing are left out."""
    wanted = ", ".join(f"('{t}', '{name}', '{type_}')" for t, name, type_ in _wanted_columns())
    return text(f"""
WITH ours AS ({_OURS}), wanted (relname, attname, type) AS (VALUES {wanted})
SELECT wanted.relname AS table_name, wanted.attname AS name, wanted.type AS wanted,
       CAST(t.typname AS text) AS found,
       format_type(a.atttypid, NULL) AS found_type,
       coalesce(has_column_privilege(ours.oid, a.attnum, 'SELECT'), false) AS may_select,
       coalesce(has_column_privilege(ours.oid, a.attnum, 'INSERT'), false) AS may_insert,
       coalesce(has_column_privilege(ours.oid, a.attnum, 'UPDATE'), false) AS may_update
FROM wanted
JOIN ours ON ours.relname = wanted.relname
LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = ours.oid AND a.attnum > 0
  AND NOT a.attisdropped AND a.attname = wanted.attname
LEFT JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
ORDER BY wanted.relname, wanted.attname
""")  # noqa: S608


def _wanted_columns() -> Iterator[tuple[str, str, str]]:
    """Table, column and type, as `core.db.schema` declares them for every statement."""
    dialect = psycopg.dialect()  # type: ignore[no-untyped-call]
    for table in (countries, cities, venues, oban_tables("public").jobs):
        for column in table.columns:
            if isinstance(column.type, ENUM):
                declared = str(column.type.name)
            else:
                declared = column.type.compile(dialect).lower()
            yield table.name, column.name, declared


def indexes(_: IndexFacts) -> TextClause:
    """Binds `schema`; `columns` in their order, an expression as '(expression)'.

    `mentions` are all columns that an index depends on; the condition of a partial one could
    only be had as text by `pg_get_expr`.
    """
    return text(f"""
WITH ours AS ({_OURS})
SELECT CAST(ours.relname AS text) AS table_name,
       CAST(i.relname AS text) AS name,
       CAST(m.amname AS text) AS method,
       x.indisvalid AND x.indisready AS is_valid,
       x.indisunique AS is_unique,
       x.indpred IS NOT NULL AS is_partial,
       ARRAY(SELECT DISTINCT CAST(a.attname AS text)
             FROM pg_catalog.pg_depend d
             JOIN pg_catalog.pg_attribute a
               ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
             WHERE d.classid = CAST('pg_catalog.pg_class' AS regclass)
               AND d.objid = x.indexrelid
               AND d.refclassid = CAST('pg_catalog.pg_class' AS regclass)
               AND d.refobjid = x.indrelid AND d.refobjsubid > 0) AS mentions,
       ARRAY(SELECT coalesce(CAST(a.attname AS text), '(expression)')
             FROM unnest(CAST(x.indkey AS smallint[])) WITH ORDINALITY AS k (attnum, place)
             LEFT JOIN pg_catalog.pg_attribute a
               ON a.attrelid = x.indrelid AND a.attnum = k.attnum AND k.attnum <> 0
             WHERE k.place <= x.indnkeyatts
             ORDER BY k.place) AS columns
FROM pg_catalog.pg_index x
JOIN ours ON ours.oid = x.indrelid
JOIN pg_catalog.pg_class i ON i.oid = x.indexrelid
JOIN pg_catalog.pg_am m ON m.oid = i.relam
ORDER BY ours.relname, i.relname
""")  # noqa: S608


def locks(_: LockFacts) -> TextClause:
    """Binds `schema`; sessions that hold, or wait for, the one lock that keeps readers out.

    Every role may see the process; the name of its role is NULL where the session has gone.
    """
    return text(f"""
WITH ours AS ({_OURS})
SELECT CAST(ours.relname AS text) AS table_name, l.pid AS process,
       CAST(r.rolname AS text) AS role, l.granted AS is_held
FROM pg_catalog.pg_locks l
JOIN ours ON ours.oid = l.relation
LEFT JOIN pg_catalog.pg_stat_activity s ON s.pid = l.pid
LEFT JOIN pg_catalog.pg_roles r ON r.oid = s.usesysid
WHERE l.locktype = 'relation' AND l.mode = 'AccessExclusiveLock' AND l.pid <> pg_backend_pid()
  AND l.database = (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = current_database())
ORDER BY l.granted DESC, l.waitstart, l.pid
""")  # noqa: S608


def role(_: RoleFacts) -> TextClause:
    """Binds `schema`; `may_use_sequence` is NULL where ids do not come from one."""
    return text(f"""
WITH ours AS ({_OURS})
SELECT CAST(r.rolname AS text) AS role, r.rolsuper AS is_superuser,
       r.rolcreaterole AS may_create_roles,
       current_setting('default_transaction_read_only') = 'on' AS is_read_only,
       (SELECT bool_and(has_sequence_privilege(s.oid, 'USAGE'))
        FROM pg_catalog.pg_depend d
        JOIN ours ON ours.oid = d.refobjid AND ours.relname = 'oban_jobs'
        JOIN pg_catalog.pg_class s ON s.oid = d.objid AND s.relkind = 'S'
        WHERE d.deptype = 'a') AS may_use_sequence
FROM pg_catalog.pg_roles r WHERE r.rolname = current_user
""")  # noqa: S608
