"""Ends what the local cloud has started when the local cloud is gone, however that came.

A process of its own holds the other end of a pipe: a SIGKILL closes it, too.
Builds run in process groups of their own, so nothing else would end them.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading

_SCRIPT = """
import os, signal, sys
groups = set()
for line in sys.stdin:
    (groups.add if line[0] == '+' else groups.discard)(int(line[1:]))
for group in groups:
    try:
        os.killpg(group, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass
"""

_lock = threading.Lock()
_process: subprocess.Popen[bytes] | None = None


def start() -> None:
    """Start the process; functions are in this process's own group, if it leads one."""
    global _process
    _process = subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", _SCRIPT], stdin=subprocess.PIPE, start_new_session=True
    )
    if os.getpgrp() == os.getpid():
        watch(os.getpid())


def stop() -> None:
    """The end comes in order: what is left of this process's own group is not ended from outside."""
    forget(os.getpid())
    with _lock:
        if _process is not None and _process.stdin is not None:
            with contextlib.suppress(OSError):
                _process.stdin.close()


def watch(group: int) -> None:
    """End this process group with the local cloud."""
    _say(f"+{group}\n")


def forget(group: int) -> None:
    """This process group is over."""
    _say(f"-{group}\n")


def _say(line: str) -> None:
    with _lock:
        if _process is not None and _process.stdin is not None and not _process.stdin.closed:
            # Without the other process builds still run; they only outlive a SIGKILL.
            with contextlib.suppress(OSError):
                _process.stdin.write(line.encode())
                _process.stdin.flush()
