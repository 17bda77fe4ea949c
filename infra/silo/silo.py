"""What the builds do: `provision`, `update`, `deprovision`, `explain` and `value NAME…`.

Each command leaves what it found in a file, from which `value` prints it, so
that no text ever passes through a shell as code. The standard library and boto3
only, which are in CodeBuild's images.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Dict, List

import by_hand
import reason
from cloudformation import CommandFailed, connect
from request import InvalidRequest, Request
from stack import Stack, StackFailed

#: What a value begins with that is JSON.
ENCODED = "json:"

FINDINGS = Path("silo-findings.json")

# The projects give a build 25 and 30 minutes; it gives up a little earlier, to say why.
PROVISION_SECONDS = 22 * 60
DEPROVISION_SECONDS = 27 * 60


def provision(environment: Dict[str, str], deadline: float) -> Dict[str, str]:
    """Creates the tenant's stack or brings it up to date."""
    request = Request.read(environment)
    stack = Stack(connect(), request.stack_name, request.role_arn, deadline)
    template = Path("tenant-silo.yaml").read_text(encoding="utf-8")
    deployed = stack.deploy(template, request.parameters(), request.tags())
    outputs = {output["OutputKey"]: output["OutputValue"] for output in deployed.get("Outputs", [])}
    return {**outputs, "StackId": deployed["StackId"]}


def update(environment: Dict[str, str], deadline: float) -> Dict[str, str]:
    """Closes the tenant's API, or opens it again, as `TENANT_SUSPENDED` says."""
    suspended = environment.get("TENANT_SUSPENDED", "")
    if suspended not in ("true", "false"):
        raise InvalidRequest("TENANT_SUSPENDED is neither true nor false")
    request = Request.read(environment)
    stack = Stack(connect(), request.stack_name, request.role_arn, deadline)
    changed = stack.change("Suspended", suspended, request.tags())
    return {"StackId": changed["StackId"]}


def deprovision(environment: Dict[str, str], deadline: float) -> Dict[str, str]:
    """Deletes the tenant's stack; one that does not exist is success."""
    request = Request.read(environment)
    Stack(connect(), request.stack_name, request.role_arn, deadline).delete(request.tags())
    return {}


def explain(environment: Dict[str, str], deadline: float) -> Dict[str, str]:
    """Says why the command before it failed: in CloudFormation's own words, if it was the stack."""
    known = findings()
    step = known.get("FailureStep", "build")
    text = known.get("FailureReason", "the build ended before it could say why")
    code = known.get("FailureCode", "")
    stack_id = known.get("FailedStackId")
    if stack_id:
        call = connect()

        def events(stack: str) -> List[Dict[str, str]]:
            try:
                return Stack(call, stack, "", deadline).events()
            except CommandFailed as error:
                # What is known without them is said all the same.
                print(f"CloudFormation's events could not be read: {error}", file=sys.stderr)
                return []

        step, text = reason.first_failure(stack_id, events) or (step, text)
    meant = None if code else by_hand.explain(text)
    if meant:
        # The meaning first: what is cut off is AWS's own words, which the log has.
        code, text = meant[0], f"{meant[1]} ({text})"
    return {"FailureCode": code, "FailureStep": reason.clean(step, 200), "FailureReason": reason.clean(text, 1000)}


def findings() -> Dict[str, str]:
    """What the last command left."""
    try:
        return json.loads(FINDINGS.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}


def one_line(value: str) -> str:
    """`value` in one line that keeps all of it: as JSON after `json:` if it has a line break or a control character.

    A line is what a shell's `read` takes in, and nothing says that CodeBuild keeps more of an exported
    variable ("exported-variables", AWS CodeBuild User Guide). `record-outcome` reads it back.
    """
    plain = value.isprintable() and not value.startswith(ENCODED)
    return value if plain else ENCODED + json.dumps(value)


def main(arguments: List[str]) -> int:
    """Runs one command; 0 is success, 1 a failure, 2 a wrong call."""
    commands = {"provision": provision, "update": update, "deprovision": deprovision, "explain": explain}
    if len(arguments) > 1 and arguments[0] == "value":
        known = findings()
        for name in arguments[1:]:
            print(one_line(known.get(name, "")))
        return 0
    if len(arguments) != 1 or arguments[0] not in commands:
        print("usage: silo.py provision | update | deprovision | explain | value NAME…", file=sys.stderr)
        return 2
    seconds = DEPROVISION_SECONDS if arguments[0] == "deprovision" else PROVISION_SECONDS
    try:
        found = commands[arguments[0]](dict(os.environ), time.monotonic() + seconds)
        code = 0
    except InvalidRequest as error:
        found, code = {"FailureStep": "check", "FailureReason": str(error)}, 1
    except CommandFailed as error:
        found = {"FailureStep": error.operation, "FailureReason": str(error), "FailureCode": error.code}
        code = 1
    except StackFailed as error:
        found = {"FailureStep": error.phase, "FailureReason": str(error), "FailedStackId": error.stack_id}
        code = 1
    FINDINGS.write_text(json.dumps(found), encoding="utf-8")
    if code:
        print(f"{found['FailureStep']}: {found['FailureReason']}", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
