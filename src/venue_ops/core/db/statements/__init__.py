"""One function a question: each returns a statement with named, bound parameters."""
