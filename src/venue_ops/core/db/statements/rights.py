"""Whether this session may write at all, asked before anything is fetched or stored.

From the catalogs and settings alone: no table is locked, and no statement that writes is tried.
"""

from __future__ import annotations

from sqlalchemy import ARRAY, Text, TextClause, bindparam, text

from venue_ops.core.db.questions import JobRights, WriteRights


def write_rights(_: WriteRights) -> TextClause:
    """Binds `columns`: those of `venues` that an outcome changes.

    One row. `missing` are the ones that this role may not update, in the order of `columns`;
    `grantee` and `venues` are written as SQL wants them.
    """
    return text("""
WITH ours AS (
  SELECT c.oid, c.relname, c.relnamespace FROM pg_catalog.pg_class c
  WHERE c.relname = 'venues' AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
    AND pg_catalog.pg_table_is_visible(c.oid))
SELECT CAST(current_user AS text) AS role,
       quote_ident(current_user) AS grantee,
       pg_is_in_recovery() AS is_replica,
       current_setting('default_transaction_read_only') = 'on' AS is_read_only,
       (SELECT format('%I.%I', n.nspname, c.relname) FROM ours AS c
        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace) AS venues,
       ARRAY(SELECT CAST(a.attname AS text) FROM ours AS c
             JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid
             WHERE a.attname = ANY (:columns) AND NOT a.attisdropped
               AND NOT has_column_privilege(c.oid, a.attnum, 'UPDATE')
             ORDER BY array_position(:columns, CAST(a.attname AS text))) AS missing
""").bindparams(bindparam("columns", type_=ARRAY(Text)))


def job_rights(_: JobRights) -> TextClause:
    """Binds `oban_schema`, and the columns `inserted` and `updated`, of Oban's table.

    One row, as of `write_rights`: what of them this role may not insert or update, and whether it
    may not take ids from the table's sequence.
    """
    columns = bindparam("inserted", type_=ARRAY(Text)), bindparam("updated", type_=ARRAY(Text))
    return text("""
WITH jobs AS (
  SELECT c.oid, format('%I.%I', n.nspname, c.relname) AS name
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname = :oban_schema AND c.relname = 'oban_jobs'),
refused AS (
  SELECT CAST(a.attname AS text) AS name,
         NOT has_column_privilege(j.oid, a.attnum, 'INSERT') AS no_insert,
         NOT has_column_privilege(j.oid, a.attnum, 'UPDATE') AS no_update
  FROM jobs AS j JOIN pg_catalog.pg_attribute a ON a.attrelid = j.oid
  WHERE a.attnum > 0 AND NOT a.attisdropped),
ids AS (SELECT pg_get_serial_sequence((SELECT name FROM jobs), 'id') AS name)
SELECT CAST(current_user AS text) AS role,
       quote_ident(current_user) AS grantee,
       pg_is_in_recovery() AS is_replica,
       current_setting('default_transaction_read_only') = 'on' AS is_read_only,
       (SELECT name FROM jobs) AS jobs,
       (SELECT name FROM ids) AS sequence,
       ARRAY(SELECT name FROM refused WHERE no_insert AND name = ANY (:inserted)
             ORDER BY array_position(:inserted, name)) AS not_inserted,
       ARRAY(SELECT name FROM refused WHERE no_update AND name = ANY (:updated)
             ORDER BY array_position(:updated, name)) AS not_updated,
       NOT COALESCE((SELECT has_sequence_privilege(name, 'USAGE') FROM ids), true) AS no_ids
""").bindparams(*columns)
