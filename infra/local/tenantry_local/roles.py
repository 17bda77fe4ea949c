"""Whether a role may do something: the emulator's evaluation, for what acts in the local cloud without a request of its own."""

from __future__ import annotations

from typing import Any

from ministack.core import iam_evaluator
from ministack.core.responses import get_account_id, get_region
from ministack.services import iam


def allows(role: str, action: str, resource: str, keys: dict[str, Any] | None = None) -> bool:
    """Whether the role with the ARN `role` may do `action` on `resource`: its policies and its boundary; no role may nothing."""
    name, account = role.rsplit("/", 1)[-1], get_account_id()
    known = iam._roles.get(name)
    if known is None:
        return False
    tags = {f"aws:principaltag/{tag['Key'].lower()}": tag["Value"] for tag in known.get("Tags") or []}
    context = iam_evaluator.EvalContext(
        principal_arn=f"arn:aws:sts::{account}:assumed-role/{name}/session",
        principal_type="AssumedRole",
        principal_account=account,
        action=action,
        resource_arn=resource,
        region=get_region(),
        service_context={"aws:tagkeys": None, **{key.lower(): value for key, value in (keys or {}).items()}},
        principal_keys=tags,
    )
    policies = iam_evaluator._gather_role_policies(name, account)
    limits = iam_evaluator._permissions_boundary(iam._roles, name, account)
    return bool(iam_evaluator.evaluate(context, policies, *limits).decision == "Allow")
