"""What can be exported: which columns there are, and whose words stand in them (pure)."""
