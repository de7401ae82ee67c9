"""Everything that matches, for COPY: raw values, cleaned on their way out.

The columns are those of `core.exports.columns`, computed only where they are asked for. They
hold what the listings show under the same names, and a test compares the two.
"""
