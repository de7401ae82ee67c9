"""From what was typed to a query, and from a page of rows to output and notes.

The commands that list share this; each of them only says what its options are.
"""
