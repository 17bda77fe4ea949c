"""Every policy of a template, as lists of statements."""

from __future__ import annotations

from typing import Any, Iterator

from . import rendered

Statement = dict[str, Any]


def every() -> list[tuple[str, Statement]]:
    """Every statement that allows or denies, of all templates with all conditions true and false, with where it is."""
    found: list[tuple[str, Statement]] = []
    for conditions in (True, False):
        plane = rendered.control_plane(conditions)
        for template in (plane, rendered.tenant(name_prefix(plane))):
            for each in statements(template):
                if each not in found:
                    found.append(each)
    return found


def name_prefix(plane: rendered.Template) -> str:
    """What the names of all tenants' resources begin with."""
    return next(properties["Value"] for name, _, properties in plane.resources() if name == "TenantNames")


def statements(template: rendered.Template) -> Iterator[tuple[str, Statement]]:
    """Every statement of a template, with the logical id of the resource that it is of."""
    for name, kind, properties in template.resources():
        for document in documents(kind, properties):
            for statement in listed(document["Statement"]):
                yield name, statement


def documents(kind: str, properties: dict[str, Any]) -> list[dict[str, Any]]:
    """The policies of one resource."""
    if kind == "AWS::IAM::Role":
        own = [policy["PolicyDocument"] for policy in properties.get("Policies", [])]
        return [properties["AssumeRolePolicyDocument"], *own]
    if kind == "AWS::Events::EventBusPolicy":
        return [{"Statement": properties["Statement"]}]
    return [properties["PolicyDocument"]] if "PolicyDocument" in properties else []


def of_role(template: rendered.Template, role: str) -> list[dict[str, Any]]:
    """The identity policies of the role with this name: its own, and those that other resources give it."""
    found = []
    for _, kind, properties in template.resources():
        if kind == "AWS::IAM::Role" and properties["RoleName"] == role:
            found.extend(policy["PolicyDocument"] for policy in properties.get("Policies", []))
        elif kind == "AWS::IAM::Policy" and role in properties.get("Roles", []):
            found.append(properties["PolicyDocument"])
    return found


def listed(value: Any) -> list[Any]:
    """One or several: IAM allows both forms."""
    return value if isinstance(value, list) else [value]
