"""oban for Python on the application's table: nothing here runs a statement that it did not bring
or that is not ours, and no table of its own is made.

Only `values` can be imported without the extra `worker`.
"""
