"""What every public binary-cross-entropy entry point of every framework really does, in ULPs.

Importing this package imports nothing else: no framework and no numpy. It runs on CPython 3.7 and newer,
because a worker imports it inside the environment of an old release.
"""

__version__ = "0.1.0"
