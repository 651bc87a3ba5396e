"""Which job a free worker takes next. Knows jobs only by number and by the key of their worker."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Hashable, Sequence
from typing import Any

PATIENCE = 0.2
"""Seconds between looks at whether a group that others work on has become worth joining."""


class Schedule:
    """Groups of jobs of one key, largest first; a free worker joins a group that outlasts a fresh start.

    Parameters
    ----------
    keys : sequence of hashable
        The key of each job.
    load_seconds : callable
        What a second worker of a key costs before its first job.
    """

    def __init__(self, keys: Sequence[Hashable], load_seconds: Callable[[Any], float]) -> None:
        self.keys, self.load_seconds = keys, load_seconds
        self.left: dict[Hashable, deque[int]] = {}
        for index, key in enumerate(keys):
            self.left.setdefault(key, deque()).append(index)
        self.unopened = sorted(self.left, key=lambda key: len(self.left[key]))      # the largest last
        self.taken: dict[Hashable, tuple[int, float]] = {}                          # jobs done, their seconds
        self.stopped = False
        self.changed = threading.Condition()

    def next(self, done: int | None, seconds: float = 0.0) -> int | None:
        """The job after this one, or None when there is nothing left that is worth a worker."""
        with self.changed:
            key = None if done is None else self.keys[done]
            if key is not None:
                count, spent = self.taken.get(key, (0, 0.0))
                self.taken[key] = count + 1, spent + seconds
            self.changed.notify_all()
            while not self.stopped:
                if key is None or not self.left[key]:
                    key = self.unopened.pop() if self.unopened else self._worth_joining()
                if key is not None:
                    return self.left[key].popleft()
                if not any(self.left.values()):
                    return None
                self.changed.wait(PATIENCE)
            return None

    def stop(self) -> None:
        """Hand out no more."""
        with self.changed:
            self.stopped = True
            self.changed.notify_all()

    def _worth_joining(self) -> Hashable | None:
        """The group with the most time left, if that is more than twice a fresh start."""
        ahead = {key: self._seconds(key) for key, left in self.left.items() if left and key in self.taken}
        key = max(ahead, key=lambda key: ahead[key], default=None)
        return key if key is not None and ahead[key] > 2 * self.load_seconds(key) else None

    def _seconds(self, key: Hashable) -> float:
        count, spent = self.taken[key]
        return spent / count * len(self.left[key])
