"""Templates as CloudFormation would deploy them: transformed by SAM, every intrinsic function resolved.

Nested stacks are resolved with the parameters that their parent gives. Names and ids that AWS makes
up are made up here; conditions can be set, so that both sides of an `Fn::If` are looked at.
"""

from __future__ import annotations

import re
from functools import cached_property
from pathlib import Path
from typing import Any

from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse

INFRA = Path(__file__).resolve().parents[3] / "infra"

PARTITION, REGION, ACCOUNT = "aws", "eu-central-1", "111122223333"
ID = "0a1b2c3d-0000-4000-8000-000000000001"

#: What `Ref` and `GetAtt` of a resource give, where it is not its name or its logical id. `{name}` is
#: the physical name ("Return values", in each type's page of the CloudFormation Template Reference).
ARNS = {
    "AWS::ApiGatewayV2::Api": "arn:aws:apigateway:{region}::/apis/{name}",
    "AWS::CodeBuild::Project": "arn:aws:codebuild:{region}:{account}:project/{name}",
    "AWS::Cognito::UserPool": "arn:aws:cognito-idp:{region}:{account}:userpool/{name}",
    "AWS::DynamoDB::Table": "arn:aws:dynamodb:{region}:{account}:table/{name}",
    "AWS::Events::EventBus": "arn:aws:events:{region}:{account}:event-bus/{name}",
    "AWS::Events::Rule": "arn:aws:events:{region}:{account}:rule/{name}",
    "AWS::IAM::ManagedPolicy": "arn:aws:iam::{account}:policy/{name}",
    "AWS::IAM::Role": "arn:aws:iam::{account}:role/{name}",
    "AWS::Lambda::Function": "arn:aws:lambda:{region}:{account}:function:{name}",
    "AWS::Logs::LogGroup": "arn:aws:logs:{region}:{account}:log-group:{name}:*",
    "AWS::SNS::Topic": "arn:aws:sns:{region}:{account}:{name}",
    "AWS::SQS::Queue": "arn:aws:sqs:{region}:{account}:{name}",
    "AWS::StepFunctions::StateMachine": "arn:aws:states:{region}:{account}:stateMachine:{name}",
}
REF_IS_ARN = {"AWS::IAM::ManagedPolicy", "AWS::SNS::Topic", "AWS::StepFunctions::StateMachine"}
#: The property that is the physical name; a pool's and an API's are only for people.
NAMES = {
    "AWS::CodeBuild::Project": "Name",
    "AWS::DynamoDB::Table": "TableName",
    "AWS::Events::EventBus": "Name",
    "AWS::Events::Rule": "Name",
    "AWS::IAM::ManagedPolicy": "ManagedPolicyName",
    "AWS::IAM::Role": "RoleName",
    "AWS::Lambda::Function": "FunctionName",
    "AWS::Logs::LogGroup": "LogGroupName",
    "AWS::SNS::Topic": "TopicName",
    "AWS::SQS::Queue": "QueueName",
    "AWS::StepFunctions::StateMachine": "StateMachineName",
}

#: An absent value: `AWS::NoValue`.
NOTHING = object()


class NoManagedPolicies:
    """Ours names no policy of AWS's by its short name."""

    @staticmethod
    def load() -> dict[str, str]:
        return {}


class Template:
    """One stack, with the stacks nested in it."""

    def __init__(self, file: str, stack: str, parameters: dict[str, Any], conditions: bool) -> None:
        source = yaml_parse((INFRA / file).read_text(encoding="utf-8"))
        for resource in source["Resources"].values():
            for name in ("CodeUri", "DefinitionUri"):
                if name in resource.get("Properties", {}):
                    resource["Properties"][name] = "s3://bucket/key"
        self.file, self.stack, self._conditions = file, stack, conditions
        self._source = transform(source, {}, NoManagedPolicies())
        self._given = parameters

    @cached_property
    def nested(self) -> dict[str, Template]:
        """The nested stacks, by their logical ids."""
        found = {}
        for logical_id, resource in self._source["Resources"].items():
            if resource["Type"] == "AWS::CloudFormation::Stack":
                properties = resource["Properties"]
                given = _Lazy(self, properties.get("Parameters", {}))
                name = f"{self.stack}-{logical_id}-ABCDEFGH"
                found[logical_id] = Template(properties["TemplateURL"], name, given, self._conditions)
        return found

    def resources(self) -> list[tuple[str, str, dict[str, Any]]]:
        """Every resource, nested ones too: logical id, type, resolved properties."""
        found = []
        for logical_id, resource in self._source["Resources"].items():
            if logical_id in self.nested:
                found.extend(self.nested[logical_id].resources())
            else:
                found.append((logical_id, resource["Type"], self.resolve(resource.get("Properties", {}))))
        return found

    def resolve(self, value: Any) -> Any:
        """`value` with its intrinsic functions resolved."""
        if isinstance(value, list):
            items = [self.resolve(item) for item in value]
            return [item for item in items if item is not NOTHING]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            (function, argument), = value.items()
            if function == "Ref":
                return self._ref(argument)
            if function.startswith("Fn::"):
                return self._call(function[4:], argument)
        resolved = {key: self.resolve(item) for key, item in value.items()}
        return {key: item for key, item in resolved.items() if item is not NOTHING}

    def _call(self, function: str, argument: Any) -> Any:
        if function == "If":
            return self.resolve(argument[1 if self._conditions else 2])
        if function == "GetAtt":
            return self._attribute(*(argument.split(".", 1) if isinstance(argument, str) else argument))
        if function == "Sub":
            text, own = argument if isinstance(argument, list) else (argument, {})
            return self._substitute(text, {key: self.resolve(item) for key, item in own.items()})
        resolved = self.resolve(argument)
        if function == "Select":
            return resolved[1][int(resolved[0])]
        if function == "Split":
            return resolved[1].split(resolved[0])
        if function == "Join":
            return resolved[0].join(resolved[1])
        raise ValueError(f"{self.file}: Fn::{function} is not known here")

    def _substitute(self, text: str, own: dict[str, Any]) -> str:
        def one(found: re.Match[str]) -> str:
            name = found.group(1)
            if name.startswith("!"):
                return "${" + name[1:] + "}"
            if name in own:
                return str(own[name])
            return str(self._attribute(*name.split(".", 1)) if "." in name else self._ref(name))

        return re.sub(r"\$\{([^}]+)\}", one, text)

    def _ref(self, name: str) -> Any:
        pseudo = {
            "AWS::Partition": PARTITION,
            "AWS::Region": REGION,
            "AWS::AccountId": ACCOUNT,
            "AWS::StackName": self.stack,
            "AWS::StackId": f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/{self.stack}/{ID}",
            "AWS::URLSuffix": "amazonaws.com",
            "AWS::NoValue": NOTHING,
        }
        if name in pseudo:
            return pseudo[name]
        if name in self._source.get("Parameters", {}):
            return self._parameter(name)
        resource_type = self._source["Resources"][name]["Type"]
        return self._arn(name) if resource_type in REF_IS_ARN else self._physical(name)

    def _parameter(self, name: str) -> Any:
        declared = self._source["Parameters"][name]
        value = self._given[name] if name in self._given else declared.get("Default")
        # Not empty, so that what depends on it has a value: conditions say whether it is used.
        value = value or f"{name.lower()}"
        return value.split(",") if declared["Type"] == "CommaDelimitedList" and isinstance(value, str) else value

    def _attribute(self, name: str, attribute: str) -> Any:
        if attribute.startswith("Outputs."):
            child = self.nested[name]
            return child.resolve(child._source["Outputs"][attribute[8:]]["Value"])
        resource = self._source["Resources"][name]
        if attribute in ("Arn", "ProjectArn", "TopicArn"):
            return self._arn(name)
        if attribute == "StreamArn":
            return self._arn(name) + "/stream/2026-01-01T00:00:00.000"
        if attribute == "Name":
            return self._physical(name)
        if attribute == "Value":
            return self.resolve(resource["Properties"]["Value"])
        return f"{name}.{attribute}"

    def _physical(self, name: str) -> str:
        resource = self._source["Resources"][name]
        named = resource.get("Properties", {}).get(NAMES.get(resource["Type"], ""))
        return str(self.resolve(named)) if named else name.lower()

    def _arn(self, name: str) -> str:
        pattern = ARNS[self._source["Resources"][name]["Type"]]
        return pattern.format(region=REGION, account=ACCOUNT, name=self._physical(name))


class _Lazy(dict[str, Any]):
    """Parameters, resolved when they are looked up: stacks refer to each other's outputs."""

    def __init__(self, parent: Template, values: dict[str, Any]) -> None:
        super().__init__(values)
        self._parent = parent

    def __getitem__(self, name: str) -> Any:
        return self._parent.resolve(super().__getitem__(name))


TENANT = "6f9619ff-8b86-4d11-b42d-00c04fc964ff"
PLANE = "plane"


def control_plane(conditions: bool) -> Template:
    """The control plane, with all of its conditions true or false."""
    return Template("control-plane.yaml", PLANE, {"TenantNamePrefix": "t-acme"}, conditions)


def tenant(prefix: str) -> Template:
    """A tenant's stack, whose names begin with `prefix` and the tenant's id."""
    given = {
        "ControlPlane": PLANE,
        "TenantId": TENANT,
        "NamePrefix": f"{prefix}-{TENANT}",
        "TenantName": "Acme",
        "Tier": "gold",
        "Release": "1",
        "PermissionsBoundaryArn": f"arn:aws:iam::{ACCOUNT}:policy/{PLANE}-tenant-boundary",
    }
    return Template("tenant-silo.yaml", f"{PLANE}-tenant-{TENANT}", given, True)
