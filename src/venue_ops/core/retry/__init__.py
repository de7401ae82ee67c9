"""Executing a plan: its pace, its leases, its journal, and what becomes of each image."""
