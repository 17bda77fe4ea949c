"""The emulator's state: every store of every service, out into one value and back.

The emulator keeps its state in dictionaries scoped by account and region, one
or more for each module. All are taken as they are, whatever the service; large
byte strings (functions' code, objects' bodies) go into files of their own,
which are written once.
"""

from __future__ import annotations

import hashlib
import importlib
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from ministack.core.responses import AccountRegionScopedDict, AccountScopedDict
from ministack.services import lambda_svc, s3

#: Stores that mean nothing to another process: what threads wait on, and back-offs.
_TRANSIENT = frozenset(
    {
        "services.lambda_svc._esm_backoff_until",
        "services.stepfunctions._activity_tasks",
        "services.stepfunctions._sfn_mock_config",
        "services.stepfunctions._task_tokens",
    }
)

#: State outside those stores, by module; of the kind that is put back by assignment.
_PLAIN = {"services.cognito": ("_refresh_tokens",), "services.dynamodb": ("_stream_seq_counter",)}

#: Where a byte string was that is in a file now.
_BLOB = "tenantry_local.blob"


class Blobs:
    """Byte strings in files that are named by their content."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        # By identity, since hashing all of them each time would be the largest part of the work.
        self._known: dict[int, tuple[bytes, str]] = {}

    def put(self, content: bytes) -> tuple[str, str]:
        """What stands for `content`."""
        known = self._known.get(id(content))
        if known is None:
            digest = hashlib.sha256(content).hexdigest()
            path = self._folder / digest
            if not path.exists():
                partial = path.with_suffix(".partial")
                with partial.open("wb") as out:
                    out.write(content)
                    out.flush()
                    os.fsync(out.fileno())
                partial.replace(path)
            # The content is held, so that its identity stays its own.
            known = self._known[id(content)] = (content, digest)
        return _BLOB, known[1]

    def get(self, value: Any) -> Any:
        """The content that `value` stands for, or `value` itself."""
        if not (isinstance(value, tuple) and len(value) == 2 and value[0] == _BLOB):
            return value
        for content, digest in self._known.values():
            if digest == value[1]:
                return content
        content = (self._folder / value[1]).read_bytes()
        self._known[id(content)] = (content, value[1])
        return content


def take(blobs: Blobs) -> dict[str, Any]:
    """All state, by the names of the stores. Shares everything with the stores: write it out at once."""
    state: dict[str, Any] = {}
    for name, store in _stores():
        state[name] = store._data
    for module, names in _PLAIN.items():
        loaded = sys.modules.get(f"ministack.{module}")
        state.update({f"{module}.{name}": getattr(loaded, name) for name in names if loaded is not None})
    state["services.lambda_svc._functions"] = _functions(lambda_svc._functions._data, blobs.put)
    state["services.s3._buckets"] = _buckets(s3._buckets._data, blobs.put)
    state["services.s3._object_versions"] = _versions(s3._object_versions._data, blobs.put)
    return state


def put_back(state: dict[str, Any], blobs: Blobs) -> None:
    """Fill the stores with what `take` gave."""
    state["services.lambda_svc._functions"] = _functions(state["services.lambda_svc._functions"], blobs.get)
    state["services.s3._buckets"] = _buckets(state["services.s3._buckets"], blobs.get)
    state["services.s3._object_versions"] = _versions(state["services.s3._object_versions"], blobs.get)
    for full_name, value in state.items():
        module_name, _, name = full_name.rpartition(".")
        module = importlib.import_module(f"ministack.{module_name}")
        store = getattr(module, name, None)
        if isinstance(store, (AccountRegionScopedDict, AccountScopedDict)):
            store._data.clear()
            store._data.update(value)
        else:
            setattr(module, name, value)


def _stores() -> Iterator[tuple[str, Any]]:
    seen: set[int] = set()
    for module_name, module in sorted(sys.modules.items()):
        if not module_name.startswith("ministack.services.") or module is None:
            continue
        for name, value in list(vars(module).items()):
            if isinstance(value, (AccountRegionScopedDict, AccountScopedDict)) and id(value) not in seen:
                seen.add(id(value))
                full_name = f"{module_name.removeprefix('ministack.')}.{name}"
                if full_name not in _TRANSIENT:
                    yield full_name, value


Convert = Callable[[Any], Any]


def _functions(functions: dict[Any, Any], convert: Convert) -> dict[Any, Any]:
    """The functions with their code converted."""

    def one(record: dict[str, Any]) -> dict[str, Any]:
        changed = dict(record)
        if changed.get("code_zip"):
            changed["code_zip"] = convert(changed["code_zip"])
        if changed.get("versions"):
            changed["versions"] = {name: one(version) for name, version in changed["versions"].items()}
        return changed

    return {key: one(record) for key, record in functions.items()}


def _buckets(buckets: dict[Any, Any], convert: Convert) -> dict[Any, Any]:
    """The buckets with their objects' bodies converted."""
    return {
        key: {
            **bucket,
            "objects": {
                name: {**entry, "body": convert(entry["body"])} if entry.get("body") else entry
                for name, entry in bucket["objects"].items()
            },
        }
        for key, bucket in buckets.items()
    }


def _versions(versions: dict[Any, Any], convert: Convert) -> dict[Any, Any]:
    """The objects' versions with their bodies converted."""
    return {
        key: [{**entry, "data": convert(entry["data"])} if entry.get("data") else entry for entry in entries]
        for key, entries in versions.items()
    }
