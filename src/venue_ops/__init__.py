"""venue-ops: what became of every venue photo, and a way to repair what failed."""

__version__ = "0.1.0"
