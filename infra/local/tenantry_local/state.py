"""Keeps the local cloud's state in a folder, if it has one, so that a cloud that was killed goes on from there.

What AWS has accepted it does not lose. So:

* The state is saved all at once, at one moment of the emulator's event loop,
  where every request is handled wholly or not at all; the file is replaced
  whole. A cloud that was killed goes back to that moment with all its services.
* `PutEvents`, by which everything comes in, is answered when the event is in a
  saved state.
* Asynchronous invocations and deliveries that were under way are in the state
  and are made again.

Executions, builds and stack operations cannot go on in another process: they
are failed when the state is loaded, without an event, as if that had been lost
(see `interrupted`).
"""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import pickle
import time
from pathlib import Path
from typing import Any

from ministack import app
from ministack.services import eventbridge

from . import async_invoke, codebuild, delivery, interrupted, settings, stores

logger = logging.getLogger("tenantry_local.state")

#: How long after a save the next one begins, at the least, in seconds; and as a multiple of what a save takes.
_PAUSE = 0.05
_PAUSE_FACTOR = 4.0
#: How long at the most, while nothing changes and nobody waits.
_LONGEST_PAUSE = 2.0


class _Keeper:
    """Saves the state again and again, for as long as the cloud runs."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._path = folder / "state.pickle"
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._blobs = stores.Blobs(folder / "blobs")
        self._waiting: list[asyncio.Future[None]] = []
        self._wanted = asyncio.Event()
        self._last = b""
        self._task: asyncio.Task[None] | None = None

    def load(self) -> None:
        """Fill the emulator with the saved state, if there is one, and go on saving it."""
        if self._path.exists():
            saved = pickle.loads(self._path.read_bytes())
            stores.put_back(saved["stores"], self._blobs)
            codebuild.put_back(saved["builds"])
            interrupted.fail_all()
            async_invoke.resume_when_ready(saved["invocations"])
            delivery.resume_when_ready(saved["deliveries"])
            interrupted.resume_when_ready()
            logger.info("the state of %s is loaded", self._path)
        self._task = asyncio.get_running_loop().create_task(self._keep_saving())

    async def saved(self) -> None:
        """Wait until the state as it is now has been saved."""
        future = asyncio.get_running_loop().create_future()
        self._waiting.append(future)
        self._wanted.set()
        await future

    def save_last(self) -> None:
        """Save once more, at the end."""
        if self._task is not None:
            self._task.cancel()
        self._write(self._dump())

    async def _keep_saving(self) -> None:
        pause = _PAUSE
        while True:
            try:
                await asyncio.wait_for(self._wanted.wait(), pause)
            except asyncio.TimeoutError:
                pass
            self._wanted.clear()
            waiting, self._waiting = self._waiting, []
            begun = time.monotonic()
            content = self._dump()
            took = time.monotonic() - begun
            changed = content != self._last
            if changed:
                await asyncio.to_thread(self._write, content)
                self._last = content
            for future in waiting:
                if not future.done():
                    future.set_result(None)
            shortest = max(_PAUSE, took * _PAUSE_FACTOR)
            pause = shortest if changed else min(max(pause * 2, shortest), _LONGEST_PAUSE)
            # Also for those who wait: a save each time somebody asks would leave no time for anything else.
            await asyncio.sleep(shortest)

    def _dump(self) -> bytes:
        """The whole state at this moment. No other thread runs while plain values are pickled."""
        state: dict[str, Any] = {
            "builds": codebuild.numbers(),
            "invocations": async_invoke.under_way(),
            "deliveries": delivery.under_way(),
            "stores": stores.take(self._blobs),
        }
        collecting = gc.isenabled()
        gc.disable()
        try:
            return pickle.dumps(state, protocol=5)
        finally:
            if collecting:
                gc.enable()

    def _write(self, content: bytes) -> None:
        partial = self._path.with_suffix(".partial")
        with partial.open("wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        partial.replace(self._path)


def install() -> None:
    """Save and load at the emulator's own start and end, if there is a folder for it."""
    folder = settings.state_folder()
    if folder is None:
        return
    keeper: list[_Keeper] = []
    handle_request = eventbridge.handle_request

    def load() -> None:
        keeper.append(_Keeper(folder))
        keeper[0].load()

    async def handle(method: str, path: str, headers: Any, body: Any, query_params: Any) -> Any:
        answer = await handle_request(method, path, headers, body, query_params)
        if str(headers.get("x-amz-target", "")).endswith(".PutEvents") and keeper:
            await keeper[0].saved()
        return answer

    app.PERSIST_STATE = True
    app._load_persisted_state = load
    app.save_all = lambda services: keeper[0].save_last()
    eventbridge.handle_request = handle
