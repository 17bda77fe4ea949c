"""Reference paths for state machines written in JSONPath: with filters, slices and descent, and never of nothing.

https://docs.aws.amazon.com/step-functions/latest/dg/amazon-states-language-paths.html
https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
https://docs.aws.amazon.com/step-functions/latest/dg/state-choice.html
https://docs.aws.amazon.com/step-functions/latest/dg/input-output-resultpath.html
"""

from __future__ import annotations

import copy
import json
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
    rule_holds = stepfunctions._evaluate_rule

    def resolve_path(path: str, data: Any) -> Any:
        hidden = re.fullmatch(rf"\$\['{_HIDDEN}([0-9a-f]+)'\]", path or "")
        if hidden:
            path = bytes.fromhex(hidden.group(1)).decode()
        if path and _BEYOND.search(_QUOTED.sub("''", path)):
            return find(path, data)
        value = plain(path, data)
        if value is None and not is_present(path or "", data):
            raise stepfunctions._ExecutionError(
                "States.Runtime", f"The JSONPath '{path}' could not be found in the input '{json.dumps(data)}'"
            )
        return value

    def evaluate_intrinsic(expression: str, data: Any, ctx: Any) -> Any:
        return intrinsic(_FILTER_PATH.sub(_hide, expression), data, ctx)

    def evaluate_rule(rule: dict[str, Any], data: Any, ctx: Any = None) -> bool:
        """Of all comparisons only IsPresent may ask for what is not there; null is there."""
        if "IsPresent" not in rule:
            return bool(rule_holds(rule, data, ctx))
        variable = rule["Variable"]
        path, of = (variable[1:], ctx or {}) if variable.startswith("$$.") else (variable, data)
        return is_present(path, of) == bool(rule["IsPresent"])

    stepfunctions._resolve_path = resolve_path
    stepfunctions._evaluate_intrinsic = evaluate_intrinsic
    stepfunctions._evaluate_rule = evaluate_rule
    stepfunctions._apply_result_path_raw = put


def is_present(path: str, data: Any) -> bool:
    """Whether `path` leads to anything, be it null. An index behind an array's end is the emulator's null."""
    if _BEYOND.search(_QUOTED.sub("''", path)):
        return bool(find(path, data))
    if path in ("", "$") or not path.startswith("$"):
        return True
    for kind, name in stepfunctions._parse_jsonpath_tokens(path) or [("invalid", None)]:
        if kind == "wildcard":
            return True
        if kind == "field" and isinstance(data, dict) and name in data:
            data = data[name]
        elif kind == "index" and isinstance(data, list):
            data = data[name] if name < len(data) else None
        else:
            return False
    return True


def put(result_path: str | None, original: Any, result: Any) -> Any:
    """The input with the result in its place. Only an object takes a place in, and makes it where it is not there."""
    if result_path is None:
        return copy.deepcopy(original)
    if result_path == "$":
        return result
    output = at = copy.deepcopy(original)
    tokens = stepfunctions._parse_jsonpath_tokens(result_path)
    for place, (kind, name) in enumerate(tokens or [("invalid", None)]):
        if kind != "field" or not isinstance(at, dict):
            raise stepfunctions._ExecutionError(
                "States.ResultPathMatchFailure",
                f"Unable to apply ResultPath '{result_path}' to the input '{json.dumps(original)}'",
            )
        if tokens is not None and place == len(tokens) - 1:
            at[name] = result
        at = at.setdefault(name, {})
    return output


def find(path: str, data: Any) -> Any:
    """Everything that `path` selects, as a list: such a path is never a single value."""
    quoted = _BARE_WORD.sub(lambda word: word.group(1) or f"{word.group(2)} '{word.group(3)}'", path)
    try:
        return jsonpath.findall(quoted, data)
    except jsonpath.JSONPathError as error:
        raise stepfunctions._ExecutionError("States.Runtime", f"Invalid path '{path}': {error}") from error


def _hide(match: re.Match[str]) -> str:
    return f"$['{_HIDDEN}{match.group(0).encode().hex()}']"
