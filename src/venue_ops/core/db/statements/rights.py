"""Whether this session may write at all, asked before anything is fetched or stored.

From the catalogs and settings alone: no table is locked, and no statement that writes is tried.
"""

from __future__ import annotations

from sqlalchemy import ARRAY, Text, TextClause, bindparam, text

from venue_ops.core.db.questions import WriteRights


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
