"""The rules of `core.classification`, stated again as SQL expressions.

Both formulations are built from the tables of `core.vocabulary`. Filters, totals and limits
are right only where the database applies them; Python proves that it applies the same rules.
"""
