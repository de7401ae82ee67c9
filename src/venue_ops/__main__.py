"""`python -m venue_ops`."""

from venue_ops.cli import run

run()
