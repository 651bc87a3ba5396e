"""What a loss function is, by probing alone: which mathematics it computes, of what, and where it parts from it.

``target`` finds the function and ``box`` calls it, in a worker; nothing else here has effects. ``points`` are the
inputs; ``kinds``, ``tails``, ``roles``, ``arrangements`` and ``denominators`` are the hypotheses, a row each. ``fit``
solves a hypothesis for its numbers and says how far it misses; ``meaning`` says what the numbers are called.
``investigation`` puts the questions in order, and ``identification`` is the answer. ``agreement`` compares with entry
points, ``outputs`` with what a model returns. ``published`` is the page of all entry points.

No name, source, docstring or recorded contract of the function under test is ever read.
"""
