"""Runs for the reader: pure functions from a run to text. Nothing here measures or judges."""
