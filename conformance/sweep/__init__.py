"""Exhaustive sweeps: every input of a format, in shards, on any executor."""
