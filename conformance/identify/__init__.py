"""What a loss function is, by probing alone: which mathematics it computes, of what, and where it parts from it.

``target`` finds the function and ``box`` calls it, in a worker; nothing else here has effects. ``arranged`` finds out
how it wants its arguments, ``probing`` asks by role, and ``points`` are the inputs.

Hypotheses are rows, and one more is one row: ``kinds`` (the mathematics), ``tails`` (a clamp), ``roles`` (the order of
arguments, the two labels), ``arrangements`` (shapes, integers), ``denominators`` (the reduction), ``mistakes`` (what
nobody means). ``fit`` is a hypothesis with its numbers, ``solve`` solves for them, ``tolerance`` says how far a result
may be off, ``held`` where it is farther. ``search`` and ``clamps`` try the hypotheses; ``meaning`` says what the
numbers are called, with the errors that ``measured`` carries.

``investigation`` puts the questions in order: ``properties``, each with its ``evidence``, ``behaviour``, ``certified``
and ``agreement``; ``verdict`` is the sentence and ``identification`` the answer. ``outputs`` compares with what a model
returns. ``published`` is the page of all entry points.

No name, source, docstring or recorded contract of the function under test is ever read.
"""
