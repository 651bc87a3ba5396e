"""Identities of the mathematics: which there are, where they are asked, and how two results are compared."""
