"""Each statement can match what AWS publishes of its actions; one that cannot is silently without effect.

Page: "Actions, resources, and condition keys for AWS services", Service Authorization Reference.
"""

from __future__ import annotations

import json
import unittest

from . import authorization, policies, rendered
from .policies import Statement, listed

EVERYTHING = "*"


def is_broad_denial(statement: Statement) -> bool:
    """Whether it denies all of a service's actions: nothing in it can be without effect."""
    return statement["Effect"] == "Deny" and any("*" in action for action in listed(statement["Action"]))


class StatementTest(unittest.TestCase):
    """All statements of all templates."""

    every = [(where, statement) for where, statement in policies.every() if not is_broad_denial(statement)]
    maxDiff = None

    def test_that_statements_are_found(self) -> None:
        """Roles, policies of their own, trust policies and resources' policies are among them."""
        where = {name for name, _ in self.every}
        self.assertLessEqual(
            {"ApiRole", "SiloRole", "TenantBoundary", "ProductsRole", "DeadLettersPolicy", "ControlPlaneSenders"}, where
        )
        self.assertGreater(len(self.every), 100)

    def test_that_every_action_exists(self) -> None:
        """An action that AWS does not know allows nothing."""
        self.assertEqual([], [
            f"{where}: {action}"
            for where, statement in self.every
            for action in listed(statement["Action"])
            if authorization.action(action) is None
        ])

    def test_that_every_action_accepts_the_resource(self) -> None:
        """An action without resources matches only `*`; another one must match one of the statement's."""
        wrong = []
        for where, statement in self.every:
            for action in listed(statement["Action"]):
                published = authorization.action(action)
                if published is not None and not is_trust(statement) and not accepts(published, statement):
                    wrong.append(f"{where}: {action} on {statement['Resource']}")
        self.assertEqual([], wrong)

    def test_that_all_resources_are_for_actions_without_any(self) -> None:
        """`*` as a resource stands beside actions that accept nothing else."""
        self.assertEqual([], [
            f"{where}: {action}"
            for where, statement in self.every
            if statement["Effect"] == "Allow" and EVERYTHING in listed(statement.get("Resource", []))
            for action in listed(statement["Action"])
            if authorization.action(action).resources
        ])

    def test_that_policies_are_as_long_as_they_may_be(self) -> None:
        """A role's own policies have 10,240 characters, a managed policy has 6,144, without white space.

        Page: "IAM and AWS STS quotas", IAM User Guide.
        """
        plane = rendered.control_plane(conditions=True)
        for _, kind, properties in plane.resources():
            if kind == "AWS::IAM::Role":
                self.assertLess(length(policies.of_role(plane, properties["RoleName"])), 10_240, properties["RoleName"])
            elif kind == "AWS::IAM::ManagedPolicy":
                self.assertLess(length([properties["PolicyDocument"]]), 6_144, properties["ManagedPolicyName"])

    def test_that_every_resource_is_one_of_an_action(self) -> None:
        """A resource that no action of the statement accepts has no effect."""
        wrong = []
        for where, statement in self.every:
            published = [authorization.action(action) for action in listed(statement["Action"])]
            for resource in listed(statement.get("Resource", EVERYTHING)):
                forms = [form for action in published if action for form in action.resources]
                if resource != EVERYTHING and not any(authorization.intersects(form, resource) for form in forms):
                    wrong.append(f"{where}: {resource}")
        self.assertEqual([], wrong)

    def test_that_every_action_has_the_condition_keys(self) -> None:
        """A condition on a key that a request never has is never met, or always."""
        wrong = []
        for where, statement in self.every:
            keys = [key for tests in statement.get("Condition", {}).values() for key in tests]
            for action in listed(statement["Action"]):
                published = authorization.action(action)
                for key in keys:
                    if published is not None and not has(published, statement, key):
                        wrong.append(f"{where}: {action} has no {key}")
        self.assertEqual([], wrong)


def length(documents: list[Any]) -> int:
    """How long they are together, in characters, without white space."""
    return sum(len(json.dumps(document, separators=(",", ":"))) for document in documents)


def is_trust(statement: Statement) -> bool:
    """Whether it says who may take a role on: its resource is that role."""
    return "Resource" not in statement


def accepts(published: authorization.Action, statement: Statement) -> bool:
    """Whether the action accepts one of the statement's resources."""
    resources = listed(statement["Resource"])
    if not published.resources:
        return EVERYTHING in resources
    return any(authorization.intersects(form, resource) for form in published.resources for resource in resources)


def has(published: authorization.Action, statement: Statement, key: str) -> bool:
    """Whether a request for this action and one of the statement's resources can have the key."""
    name = key.lower()
    name = name[: name.index("/") + 1] if "/" in name else name
    if name in authorization.GLOBAL or name in published.keys:
        return True
    resources = listed(statement.get("Resource", EVERYTHING))
    return any(
        name in keys and any(authorization.intersects(form, resource) for resource in resources)
        for form, keys in published.resources.items()
    )


if __name__ == "__main__":
    unittest.main()
