"""State machines act under their own role: each task of an execution is asked for, as the call that it makes.

https://docs.aws.amazon.com/step-functions/latest/dg/service-integration-iam-templates.html
"""

from __future__ import annotations

from typing import Any, Callable

from ministack.core import iam_actions
from ministack.core.responses import get_account_id, get_region
from ministack.services import stepfunctions

from . import executions
from .roles import allows

_LAMBDA = "arn:aws:states:::lambda:invoke"
_START = "arn:aws:states:::states:startExecution"

#: What `.sync` asks for besides the start of the build, to learn of its end and to stop it.
_OF_SYNC = ("codebuild:BatchGetBuilds", "codebuild:StopBuild")
_SYNC_RULE = ("events:DescribeRule", "events:PutRule", "events:PutTargets")

#: A call: its action, its resource, its condition keys.
Call = tuple[str, str, dict[str, Any]]


def install() -> None:
    """Ask before each task."""
    invoke = stepfunctions._invoke_resource

    def checked(resource: str, data: Any) -> Any:
        role = role_of_execution()
        for action, arn, keys in calls(resource, data or {}) if role else ():
            if not allows(role, action, arn, keys):
                message = iam_actions.identity_denial_message(action, _session(role), arn, False)
                raise stepfunctions._ExecutionError(_error(resource), message)
        return invoke(resource, data)

    stepfunctions._invoke_resource = checked


def role_of_execution() -> str:
    """The role of the state machine whose execution this thread runs; empty outside of one."""
    of = executions.arns()
    machine = stepfunctions._state_machines.get(of[1]) if len(of) > 1 else None
    return str((machine or {}).get("roleArn", ""))


def calls(resource: str, data: dict[str, Any]) -> list[Call]:
    """What a task asks for; nothing for integrations that README.md lists."""
    for prefix, read in _READ:
        if resource.startswith(prefix):
            return read(resource, data)
    if stepfunctions._extract_lambda_ref(resource):
        return [("lambda:InvokeFunction", _function(resource), {})]
    return []


def _invokes(resource: str, data: dict[str, Any]) -> list[Call]:
    return [("lambda:InvokeFunction", _function(str(data.get("FunctionName", ""))), {})]


def _function(name: str) -> str:
    return name if name.startswith("arn:") else f"arn:aws:lambda:{get_region()}:{get_account_id()}:function:{name}"


def _builds(resource: str, data: dict[str, Any]) -> list[Call]:
    action = resource.removeprefix("arn:aws:states:::codebuild:").partition(".")[0]
    ids = data.get("Ids") or [data.get("Id") or ""]
    name = str(data.get("ProjectName") or ids[0].partition(":")[0]).rpartition("project/")[2]
    project = f"arn:aws:codebuild:{get_region()}:{get_account_id()}:project/{name}"
    made: list[Call] = [(f"codebuild:{action[:1].upper()}{action[1:]}", project, {})]
    if resource.endswith(".sync"):
        rule = f"arn:aws:events:{get_region()}:{get_account_id()}:rule/StepFunctionsGetEventForCodeBuildStartBuildRule"
        made.extend((each, project, {}) for each in _OF_SYNC)
        made.extend((each, rule, {}) for each in _SYNC_RULE)
    return made


def _events(resource: str, data: dict[str, Any]) -> list[Call]:
    made: list[Call] = []
    for entry in data.get("Entries") or []:
        bus = str(entry.get("EventBusName") or "default")
        arn = bus if bus.startswith("arn:") else f"arn:aws:events:{get_region()}:{get_account_id()}:event-bus/{bus}"
        made.append(("events:PutEvents", arn, {"events:source": entry.get("Source"), "events:detail-type": entry.get("DetailType")}))
    return made


def _starts(resource: str, data: dict[str, Any]) -> list[Call]:
    return [("states:StartExecution", str(data.get("StateMachineArn", "")), {})]


def _items(resource: str, data: dict[str, Any]) -> list[Call]:
    action = resource.removeprefix("arn:aws:states:::dynamodb:").partition(".")[0]
    table = str(data.get("TableName", ""))
    arn = table if table.startswith("arn:") else f"arn:aws:dynamodb:{get_region()}:{get_account_id()}:table/{table}"
    return [(f"dynamodb:{action[:1].upper()}{action[1:]}", arn, {})]


_READ: tuple[tuple[str, Callable[[str, dict[str, Any]], list[Call]]], ...] = (
    (_LAMBDA, _invokes),
    ("arn:aws:states:::codebuild:", _builds),
    ("arn:aws:states:::events:putEvents", _events),
    (_START, _starts),
    ("arn:aws:states:::dynamodb:", _items),
)


def _error(resource: str) -> str:
    """The error's name: Lambda's integration has one of its own for whatever Lambda refuses."""
    if "lambda" in resource:
        return "Lambda.AWSLambdaException"
    service = resource.removeprefix("arn:aws:states:::").partition(":")[0]
    names = {"codebuild": "CodeBuild", "events": "EventBridge", "states": "StepFunctions", "dynamodb": "DynamoDB"}
    return f"{names.get(service, service)}.AccessDeniedException"


def _session(role: str) -> str:
    return f"arn:aws:sts::{get_account_id()}:assumed-role/{role.rsplit('/', 1)[-1]}/states"
