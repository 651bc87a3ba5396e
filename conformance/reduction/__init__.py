"""Reductions: what is reduced, its exact sum, what divides it, and in which order it was added."""
