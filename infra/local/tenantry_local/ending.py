"""A word to work under way that it has to end early: an execution, or one task of it."""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable


class Ending:
    """Set when something has to end early; runs what was registered to be stopped with it."""

    def __init__(self, parent: Ending | None = None) -> None:
        self._event = threading.Event()
        self._lock = threading.Lock()
        self._stops: list[Callable[[], None]] = []
        if parent is not None:
            parent.on_end(self.end)

    def on_end(self, stop: Callable[[], None]) -> None:
        """Call `stop` at the end, or now if that has come. `stop` must not block."""
        with self._lock:
            if not self._event.is_set():
                self._stops.append(stop)
                return
        stop()

    def end(self) -> None:
        """The end has come."""
        with self._lock:
            if self._event.is_set():
                return
            self._event.set()
            stops = list(self._stops)
        for stop in stops:
            stop()

    def ended(self) -> bool:
        """Whether the end has come."""
        return self._event.is_set()

    def wait(self, seconds: float) -> bool:
        """Wait for the end, at most `seconds`; whether it has come."""
        return self._event.wait(seconds)


#: What ends the work of this thread: the execution, or a task of it with its own time limit.
current: contextvars.ContextVar[Ending | None] = contextvars.ContextVar("tenantry_ending", default=None)
