"""The embedded PostgreSQL, its sample data and a generator of large data.

Nothing here knows the core: the demo is a database like any other to the rest of the
program, and the only thing it hands out is a connection string.
"""
