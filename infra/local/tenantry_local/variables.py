"""Variables in policies, which the emulator's evaluator does not know: `${aws:PrincipalTag/…}` and the others.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
"""

from __future__ import annotations

import re
from typing import Any

from ministack.core import iam_evaluator
from ministack.core.iam_evaluator import EvalContext, ParsedStatement

_VARIABLE = re.compile(r"\$\{([^}]*)\}")
#: What stands for itself. (`${*}` and `${?}` would have to be told from the pattern's own: they match nothing here.)
_LITERAL = {"$": "$"}


def install() -> None:
    """Have the evaluator fill in variables before it compares."""
    iam_evaluator._first_match = first_match


def first_match(ctx: EvalContext, statements: list[ParsedStatement], effect: str) -> ParsedStatement | None:
    """The first statement with this effect that is about the request. Every call counts as encrypted: what is
    plain HTTP on the loopback interface here is TLS on AWS."""
    ctx.secure_transport = True
    for statement in statements:
        if statement.effect != effect:
            continue
        if not iam_evaluator._action_matches(ctx.action, statement.actions, statement.not_actions):
            continue
        resources = [filled for each in statement.resources if (filled := fill(each, ctx)) is not None]
        if statement.resources and not resources:
            continue
        others = [filled for each in statement.not_resources if (filled := fill(each, ctx)) is not None]
        if not iam_evaluator._resource_matches(ctx.resource_arn, resources, others):
            continue
        conditions = _filled(statement.conditions, ctx)
        if conditions is not None and iam_evaluator._conditions_met(conditions, ctx):
            return statement
    return None


def fill(text: str, ctx: EvalContext) -> str | None:
    """`text` with its variables; None if one has no value, or several: the text matches nothing then."""
    if "${" not in text:
        return text
    missing = False

    def value(found: re.Match[str]) -> str:
        nonlocal missing
        name, _, default = found.group(1).partition(",")
        if name.strip() in _LITERAL:
            return _LITERAL[name.strip()]
        known = iam_evaluator._resolve_condition_key(name.strip(), ctx)
        if known is None and default:
            known = default.strip().strip("'")
        # What a value says is no pattern: one that could be read as one matches nothing.
        if not isinstance(known, str) or "*" in known or "?" in known:
            missing = True
            return ""
        return known

    filled = _VARIABLE.sub(value, text)
    return None if missing else filled


def _filled(conditions: Any, ctx: EvalContext) -> Any:
    """The conditions with their variables; None if one of their keys has only values without a value."""
    if "${" not in str(conditions):
        return conditions
    result: dict[str, dict[str, list[str]]] = {}
    for operator, keys in conditions.items():
        for key, expected in keys.items():
            listed = [str(each) for each in (expected if isinstance(expected, list) else [expected])]
            values = [filled for each in listed if (filled := fill(each, ctx)) is not None]
            if not values:
                return None
            result.setdefault(operator, {})[key] = values
    return result
