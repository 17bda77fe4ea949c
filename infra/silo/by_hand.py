"""What people do to a stack by hand, and the words for it.

A failure that follows from it has a code of its own, by which the control plane
and its operators know it: the build exports it as `FAILURE_CODE`.
"""

from __future__ import annotations

from typing import Optional, Tuple

#: The stack is not there: it was deleted.
GONE = "StackGone"
#: Somebody protects it, or a resource in it, from being changed or deleted.
PROTECTED = "StackProtected"
#: The stack, or a resource in it, is not as the control plane left it.
CHANGED = "StackChanged"

#: What AWS says, in lower case, and what it means. Of several, the first counts.
#: "Protect CloudFormation stacks from being deleted", "Prevent updates to stack resources" and
#: "Troubleshooting CloudFormation", AWS CloudFormation User Guide; "DeleteTable", Amazon DynamoDB API
#: Reference; "DeleteUserPool", Amazon Cognito API Reference; "Resource type handler error codes",
#: CloudFormation CLI User Guide.
_SIGNS: Tuple[Tuple[str, str, str], ...] = (
    (
        "terminationprotection is enabled",
        PROTECTED,
        "somebody switched on the stack's termination protection: switch it off (aws cloudformation "
        "update-termination-protection --no-enable-termination-protection) and retry",
    ),
    (
        "denied by stack policy",
        PROTECTED,
        "somebody set a stack policy that forbids the change: lift it (aws cloudformation set-stack-policy) and retry",
    ),
    (
        "protected against deletion",
        PROTECTED,
        "a resource is protected from deletion: switch the protection off, and retry",
    ),
    (
        "deletion protection",
        PROTECTED,
        "a resource is protected from deletion: switch the protection off, and retry",
    ),
    (
        "handlererrorcode: notfound",
        CHANGED,
        "the resource was deleted by hand, outside CloudFormation",
    ),
    (
        "update_rollback_failed state and can not be updated",
        CHANGED,
        "an update of the stack could neither be made nor taken back: continue the rollback (aws cloudformation "
        "continue-update-rollback) and retry",
    ),
    (
        "cancelled the update",
        CHANGED,
        "the stack is as it was before the update: retry",
    ),
)


def explain(text: str) -> Optional[Tuple[str, str]]:
    """The code and the meaning of AWS's words `text`; None if they tell of nothing done by hand."""
    said = text.lower()
    for sign, code, meaning in _SIGNS:
        if sign in said:
            return code, meaning
    return None
