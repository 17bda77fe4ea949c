"""Whether a resource's policy lets a service in: EventBridge, or API Gateway.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html
https://docs.aws.amazon.com/lambda/latest/dg/services-apigateway.html
"""

from __future__ import annotations

from ministack.core import iam_evaluator
from ministack.core.responses import get_account_id, get_region

_EVENTBRIDGE = "events.amazonaws.com"


def allows_rule(policy: object, action: str, resource: str, rule: str) -> bool:
    """Whether `policy` allows EventBridge `action` on `resource` on behalf of the rule with ARN `rule`."""
    return allows_service(policy, _EVENTBRIDGE, action, resource, rule)


def allows_service(policy: object, service: str, action: str, resource: str, source: str) -> bool:
    """Whether `policy` allows a service `action` on `resource` on behalf of what has the ARN `source`.

    A resource without a policy lets nobody in: the service has no role of its own there.
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
        service_context={"aws:sourcearn": source, "aws:sourceaccount": get_account_id()},
    )
    result = iam_evaluator.evaluate_resource_policy(policy, context, service=service)
    return bool(result.decision == "Allow")
