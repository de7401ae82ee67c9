"""A look at many rows at once: which of them may hold something that has to be cleaned (pure).

Redaction and neutralising take some 30 microseconds a row, PostgreSQL makes one in three. So an
export is first searched, a hundred kilobytes at a time, by one expression that finds every place
where `core.redaction` or `core.untrusted` could change something. It may suspect what is
harmless, never the other way round: that is what the tests of this package prove.
"""
