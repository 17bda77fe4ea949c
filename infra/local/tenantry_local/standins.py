"""Resource types that exist in a stack and nowhere else.

The emulator has no service behind them, and a template must deploy unchanged.
Each is named here, logged when it is created, and does nothing.
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-template-resource-type-ref.html
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable
from typing import Any

from ministack.core.responses import get_account_id, get_region
from ministack.services.cloudformation import provisioners

logger = logging.getLogger("tenantry_local.cloudformation")

Properties = dict[str, Any]
Created = tuple[str, dict[str, Any]]

#: Each type with the property that names it, and the ARN's service and path; {name} is the name.
STAND_INS: dict[str, tuple[str, str]] = {
    "AWS::CodeDeploy::Application": ("ApplicationName", "codedeploy:application:{name}"),
    "AWS::CodeDeploy::DeploymentConfig": ("DeploymentConfigName", "codedeploy:deploymentconfig:{name}"),
    "AWS::CodeDeploy::DeploymentGroup": ("DeploymentGroupName", "codedeploy:deploymentgroup:{name}"),
    "AWS::CodePipeline::Pipeline": ("Name", "codepipeline:{name}"),
    "AWS::EventSchemas::Discoverer": ("", "schemas:discoverer/{name}"),
    "AWS::EventSchemas::Registry": ("RegistryName", "schemas:registry/{name}"),
    "AWS::EventSchemas::RegistryPolicy": ("RegistryName", "schemas:registry/{name}"),
    "AWS::EventSchemas::Schema": ("SchemaName", "schemas:schema/{registry}/{name}"),
    "AWS::Logs::QueryDefinition": ("", "logs:query-definition:{name}"),
    "AWS::XRay::Group": ("GroupName", "xray:group/{name}"),
    "AWS::XRay::SamplingRule": ("", "xray:sampling-rule/{name}"),
}

#: Types whose `Ref` is the ARN; the others' is the name.
_REF_IS_ARN = frozenset(
    {"AWS::EventSchemas::Registry", "AWS::EventSchemas::Schema", "AWS::XRay::Group", "AWS::XRay::SamplingRule"}
)


def handlers() -> dict[str, dict[str, Callable[..., Any]]]:
    """The handlers of every stand-in."""
    return {resource_type: _handler(resource_type) for resource_type in STAND_INS}


def _handler(resource_type: str) -> dict[str, Callable[..., Any]]:
    def create(logical_id: str, props: Properties, stack_name: str) -> Created:
        logger.warning("%s (%s in %s) is a stand-in: nothing is created", resource_type, logical_id, stack_name)
        return _named(resource_type, logical_id, props, stack_name)

    def update(physical_id: str, old: Properties, new: Properties, stack_name: str, logical_id: str) -> Created:
        named = STAND_INS[resource_type][0]
        if named and old.get(named) != new.get(named):
            return create(logical_id, new, stack_name)
        return physical_id, _named(resource_type, logical_id, new, stack_name)[1]

    def delete(physical_id: str, props: Properties) -> None:
        logger.info("%s %s was a stand-in: nothing is deleted", resource_type, physical_id)

    return {"create": create, "update": update, "update_with_logical_id": True, "delete": delete}  # type: ignore[dict-item]


def _named(resource_type: str, logical_id: str, props: Properties, stack_name: str) -> Created:
    named, path = STAND_INS[resource_type]
    generated = str(uuid.uuid4()) if not named else provisioners._physical_name(stack_name, logical_id, max_len=64)
    name = props.get(named) or generated
    service, _, rest = path.format(name=name, registry=props.get("RegistryName", "")).partition(":")
    arn = f"arn:aws:{service}:{get_region()}:{get_account_id()}:{rest}"
    kind = resource_type.rpartition("::")[2]
    attributes = {
        "Arn": arn,
        "Id": name,
        "Version": "1",
        f"{kind}Arn": arn,
        f"{kind}Name": name,
        f"{kind}Id": name,
        f"{kind}Version": "1",
    }
    return (arn if resource_type in _REF_IS_ARN else name), attributes
