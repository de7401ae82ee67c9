"""The application's database: its tables, our statements, rows to values."""
