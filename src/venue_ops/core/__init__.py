"""The domain: pure rules, and the database and services around them."""
