"""Jobs to outcomes, images to retryability, venues to outcomes: the rules, without I/O."""
