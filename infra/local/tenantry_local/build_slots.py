"""How many builds run at once, and how many may wait.

https://docs.aws.amazon.com/codebuild/latest/userguide/limits.html
"""

from __future__ import annotations

import threading
import time
from typing import Protocol


class Waiting(Protocol):
    """A build, as its queue sees it."""

    @property
    def interrupted(self) -> bool:
        """Somebody stopped the build."""


class Slots:
    """The places of running builds, and the queue before them; first come, first served."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._queue: list[Waiting] = []
        self._running: list[Waiting] = []
        self._turn = threading.Condition()

    def room(self) -> bool:
        """Whether one more build may be submitted: the queue holds 5 times the slots."""
        with self._turn:
            return len(self._queue) + len(self._running) < self.size * 6

    def enter(self, run: Waiting) -> None:
        """Queue a build, behind those that came before it."""
        with self._turn:
            self._queue.append(run)

    def take(self, run: Waiting, seconds: float) -> bool:
        """Wait for the build's turn; False when it was stopped or `seconds` went by."""
        deadline = time.monotonic() + seconds
        with self._turn:
            while not (len(self._running) < self.size and self._queue[0] is run):
                left = deadline - time.monotonic()
                if left <= 0 or run.interrupted:
                    break
                self._turn.wait(left)
            else:
                if not run.interrupted:
                    self._queue.remove(run)
                    self._running.append(run)
                    self._turn.notify_all()
                    return True
            self._queue.remove(run)
            self._turn.notify_all()
            return False

    def give_back(self, run: Waiting) -> None:
        """The build is over."""
        with self._turn:
            self._running.remove(run)
            self._turn.notify_all()

    def wake(self) -> None:
        """Have every waiting build look again whether it was stopped."""
        with self._turn:
            self._turn.notify_all()
