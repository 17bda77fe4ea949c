"""Whether a resource's policy lets EventBridge in.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html
"""

from __future__ import annotations

from ministack.core import iam_evaluator
from ministack.core.responses import get_account_id, get_region

_EVENTBRIDGE = "events.amazonaws.com"


def allows_rule(policy: object, action: str, resource: str, rule: str) -> bool:
    """Whether `policy` allows EventBridge `action` on `resource` on behalf of the rule with ARN `rule`.

    A resource without a policy lets nobody in: EventBridge has no role for these targets.
    """
    if not policy:
        return False
    context = iam_evaluator.EvalContext(
        principal_arn="*",
        principal_type="Service",
        principal_account="",
        action=action,
        resource_arn=resource,
        region=get_region(),
        service_context={"aws:sourcearn": rule, "aws:sourceaccount": get_account_id()},
    )
    result = iam_evaluator.evaluate_resource_policy(policy, context, service=_EVENTBRIDGE)
    return bool(result.decision == "Allow")
