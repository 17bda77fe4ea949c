"""One CloudFormation stack."""

from __future__ import annotations

import time
from typing import Any, Dict, List, Optional

import by_hand
from cloudformation import Call, CommandFailed
from literal import literal

CAPABILITIES = ["CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"]

# By which a stack is known as a tenant's.
TENANT_TAG = "tenantry:tenant-id"

# Left by a creation that came to nothing: there is nothing in them to lose.
NEVER_WORKED = ("REVIEW_IN_PROGRESS", "CREATE_FAILED", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "DELETE_FAILED")

# Between the looks at a stack, in seconds.
FIRST_PAUSE = 0.5
LONGEST_PAUSE = 10.0


class StackFailed(Exception):
    """CloudFormation could not do what it was asked, or not in time; its events say why."""

    def __init__(self, phase: str, stack: Dict[str, Any]) -> None:
        reason = stack.get("StackStatusReason") or "no reason was given"
        super().__init__(f"the stack is {stack['StackStatus']}: {reason}")
        self.phase = phase
        self.stack_id = stack["StackId"]


class Stack:
    """A stack by name or id, worked on until `deadline` (of the monotonic clock)."""

    def __init__(self, call: Call, name: str, role_arn: str, deadline: float) -> None:
        self._call = call
        self.name = name
        self.role_arn = role_arn
        self.deadline = deadline

    def _describe(self, stack: str) -> Optional[Dict[str, Any]]:
        try:
            return self._call("describe_stacks", {"StackName": stack})["Stacks"][0]
        except CommandFailed as error:
            if "does not exist" in str(error):
                return None
            raise

    def events(self) -> List[Dict[str, str]]:
        """Its events, newest first."""
        events: List[Dict[str, str]] = []
        request = {"StackName": self.name}
        while True:
            page = self._call("describe_stack_events", request)
            events.extend(page["StackEvents"])
            if not page.get("NextToken"):
                return events
            request = {**request, "NextToken": page["NextToken"]}

    def settle(self, tags: List[Dict[str, str]]) -> Optional[Dict[str, Any]]:
        """The stack once nothing is under way; None if there is none, or none that ever worked.

        What a failed creation left is deleted. A stack that worked before is
        never deleted here, even if an update of it could not be rolled back; and
        one that is not the tenant's, by its tags, is not touched.
        """
        found = self._idle()
        if found is not None:
            check_owner(found, tags)
        if found is None or found["StackStatus"] not in NEVER_WORKED:
            return found
        print(f"deleting what an earlier attempt left ({found['StackStatus']})")
        self._delete(found)
        return None

    def deploy(self, template: str, parameters: List[Dict[str, str]], tags: List[Dict[str, str]]) -> Dict[str, Any]:
        """Creates or updates the stack from the text of a template and returns it; nothing to change is success."""
        before = self.settle(tags)
        request = {
            "StackName": self.name,
            "TemplateBody": template,
            "RoleARN": self.role_arn,
            "Capabilities": CAPABILITIES,
            # The one way for a text into a stack: whosever it is, CloudFormation is to interpret none.
            "Parameters": [{**each, "ParameterValue": literal(each["ParameterValue"])} for each in parameters],
            "Tags": [{**each, "Value": literal(each["Value"])} for each in tags],
        }
        return self._send("update_stack" if before else "create_stack", request, before)

    def _send(self, operation: str, request: Dict[str, Any], before: Optional[Dict[str, Any]]) -> Dict[str, Any]:
        try:
            self._call(operation, request)
        except CommandFailed as error:
            if before and "No updates are to be performed" in str(error):
                print("the stack is as it should be")
                return before
            # A call whose answer was lost was repeated: the stack is ours.
            if "AlreadyExistsException" not in str(error):
                raise
        after = self._wait(self.name, "deploy")
        if after is None:
            raise CommandFailed("deploy", "somebody deleted the stack while it was deployed", by_hand.GONE)
        if after["StackStatus"] not in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
            raise StackFailed("deploy", after)
        print(f"the stack is {after['StackStatus']}")
        return after

    def change(self, name: str, value: str, tags: List[Dict[str, str]]) -> Dict[str, Any]:
        """Changes one parameter of a stack that is there, and nothing else; no change is success."""
        before = self._idle()
        if before is None:
            raise CommandFailed(
                "update",
                f"the tenant's stack {self.name} is gone: somebody deleted it, and its data with it; "
                "retry with reprovisioning to make a new one, or offboard the tenant",
                by_hand.GONE,
            )
        check_owner(before, tags)
        known = [parameter["ParameterKey"] for parameter in before.get("Parameters", [])]
        if name not in known:
            raise CommandFailed(
                "update",
                f"the stack {self.name} has no parameter {name}: its template was changed by hand, "
                "or the silo package's does not declare it",
                by_hand.CHANGED,
            )
        parameters = [
            {"ParameterKey": key, "ParameterValue": value} if key == name else {"ParameterKey": key, "UsePreviousValue": True}
            for key in known
        ]
        request = {
            "StackName": self.name,
            "RoleARN": self.role_arn,
            "Capabilities": CAPABILITIES,
            "UsePreviousTemplate": True,
            "Parameters": parameters,
        }
        return self._send("update_stack", request, before)

    def delete(self, tags: List[Dict[str, str]]) -> None:
        """Deletes the stack and waits until it is gone; one that is not there is success.

        Of a stack that has lost its tags no more is known than its name, which is
        the tenant's alone; one with another tenant's is not touched.
        """
        found = self._idle()
        if found is None:
            print("there is no stack")
            return
        if any(tag["Key"] == TENANT_TAG for tag in found.get("Tags", [])):
            check_owner(found, tags)
        self._delete(found)

    def _delete(self, stack: Dict[str, Any]) -> None:
        self._call("delete_stack", {"StackName": stack["StackId"], "RoleARN": self.role_arn})
        after = self._wait(stack["StackId"], "delete")
        if after is not None:
            raise StackFailed("delete", after)
        print("the stack is deleted")

    def _idle(self) -> Optional[Dict[str, Any]]:
        return self._wait(self.name, "wait")

    def _wait(self, stack: str, phase: str) -> Optional[Dict[str, Any]]:
        """The stack once nothing is under way; None if it is gone."""
        pause, seen = FIRST_PAUSE, ""
        while True:
            found = self._describe(stack)
            if found is None or found["StackStatus"] == "DELETE_COMPLETE":
                return None
            status = found["StackStatus"]
            if not status.endswith("_IN_PROGRESS") or status == "REVIEW_IN_PROGRESS":
                return found
            if status != seen:
                print(f"the stack is {status}", flush=True)
                seen = status
            if time.monotonic() > self.deadline:
                raise StackFailed(phase, found)
            time.sleep(pause)
            pause = min(pause * 1.5, LONGEST_PAUSE)


def check_owner(stack: Dict[str, Any], tags: List[Dict[str, str]]) -> None:
    """Raises CommandFailed if `stack` has not the tenant's tag that `tags` gives it: somebody else's, or changed."""
    wanted = [tag["Value"] for tag in tags if tag["Key"] == TENANT_TAG]
    present = [tag["Value"] for tag in stack.get("Tags", []) if tag["Key"] == TENANT_TAG]
    if wanted and wanted != present:
        is_there = f"is of tenant {present[0]}" if present else f"has no tag {TENANT_TAG}"
        raise CommandFailed(
            "check",
            f"the stack {stack['StackName']} {is_there}: it was made or changed by hand, and is not touched",
            by_hand.CHANGED,
        )
