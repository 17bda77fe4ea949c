"""Reference paths with filters, slices and descent, for state machines written in JSONPath.

https://docs.aws.amazon.com/step-functions/latest/dg/amazon-states-language-paths.html
"""

from __future__ import annotations

import logging
import re
from typing import Any

import jsonpath
from ministack.services import stepfunctions

logger = logging.getLogger("tenantry_local.stepfunctions")

#: What the emulator's own paths cannot say: filters, descent, slices, unions, negative indexes.
_BEYOND = re.compile(r"\?\(|\.\.|\[[^\]]*[:,-][^\]]*\]")

#: Quoted text, which is left alone, or a bare word on the right of a comparison, which AWS takes for a string.
_BARE_WORD = re.compile(r"""('[^']*'|"[^"]*")|(==|!=)\s*(?!true\b|false\b|null\b)([A-Za-z_][\w.-]*)""")

_QUOTED = re.compile(r"""'[^']*'|"[^"]*\"""")

#: A path with a filter inside an intrinsic function: the emulator would end it at the filter's bracket.
_FILTER_PATH = re.compile(r"\$[^\s,()']*(?:\[\?\([^)]*\)\][^\s,()']*)+")

_HIDDEN = "tenantry-path:"


def install() -> None:
    """Put this module's functions in the place of the emulator's."""
    plain = stepfunctions._resolve_path
    intrinsic = stepfunctions._evaluate_intrinsic

    def resolve_path(path: str, data: Any) -> Any:
        hidden = re.fullmatch(rf"\$\['{_HIDDEN}([0-9a-f]+)'\]", path or "")
        if hidden:
            path = bytes.fromhex(hidden.group(1)).decode()
        return find(path, data) if path and _BEYOND.search(_QUOTED.sub("''", path)) else plain(path, data)

    def evaluate_intrinsic(expression: str, data: Any, ctx: Any) -> Any:
        return intrinsic(_FILTER_PATH.sub(_hide, expression), data, ctx)

    stepfunctions._resolve_path = resolve_path
    stepfunctions._evaluate_intrinsic = evaluate_intrinsic


def find(path: str, data: Any) -> Any:
    """Everything that `path` selects, as a list: such a path is never a single value."""
    quoted = _BARE_WORD.sub(lambda word: word.group(1) or f"{word.group(2)} '{word.group(3)}'", path)
    try:
        return jsonpath.findall(quoted, data)
    except jsonpath.JSONPathError as error:
        raise stepfunctions._ExecutionError("States.Runtime", f"Invalid path '{path}': {error}") from error


def _hide(match: re.Match[str]) -> str:
    return f"$['{_HIDDEN}{match.group(0).encode().hex()}']"
