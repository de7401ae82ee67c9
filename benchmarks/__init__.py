"""The project's own measurements: `python -m benchmarks`, or `make bench`.

Seconds differ from machine to machine and from minute to minute, so every figure is a ratio of
medians that were taken in turn (A B A B ...) within one run: ours against the application's own
query, against a bare script, or against a smaller database.
"""
