"""What may be wrong with the database or the settings: judged from facts, without any I/O."""
