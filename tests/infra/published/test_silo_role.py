"""CloudFormation can deploy, change and delete a tenant's stack under the role that it is given, and touch nothing else.

The requests are those that the schemas of the resource types name (`needed`); the emulator's evaluator decides.
"""

from __future__ import annotations

import json
import unittest
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from ministack.core import iam_evaluator

from . import authorization, needed, policies, rendered
from .rendered import ACCOUNT, PLANE, REGION, TENANT

ROLE = f"{PLANE}-silo"
OTHER_TENANT = "99999999-8b86-4d11-b42d-00c04fc964ff"


@dataclass(frozen=True)
class Request:
    """What the role is asked for."""

    action: str
    resource: str
    request_tags: dict[str, str] = field(default_factory=dict)
    resource_tags: dict[str, str] = field(default_factory=dict)
    keys: dict[str, Any] = field(default_factory=dict)


class SiloRoleTest(unittest.TestCase):
    """The role that deploys tenants' stacks."""

    maxDiff = None
    plane = rendered.control_plane(conditions=True)
    prefix = policies.name_prefix(plane)
    tenant = rendered.tenant(prefix)
    granted = policies.of_role(plane, ROLE)
    boundary = f"arn:aws:iam::{ACCOUNT}:policy/{PLANE}-tenant-boundary"

    def test_that_cloudformation_may_make_every_call(self) -> None:
        """Each call of each handler of each resource of the tenant's template is allowed, by name and by explicit tags."""
        refused = []
        resources = self.tenant.resources()
        for name, kind, properties in resources:
            for handler, call in needed.calls(kind, properties):
                request = self.request(name, kind, properties, handler, call)
                if not self.allowed(request):
                    refused.append(f"{name}, to {handler} it: {request.action} on {request.resource}")
        self.assertGreater(len(resources), 10)
        self.assertEqual([], sorted(set(refused)))

    def test_that_it_makes_no_role_without_the_boundary(self) -> None:
        """Nor one with another boundary, and no policy for one."""
        role = f"arn:aws:iam::{ACCOUNT}:role/{self.prefix}-{TENANT}-api"
        for keys in ({}, {"iam:permissionsboundary": f"arn:aws:iam::{ACCOUNT}:policy/another"}):
            for action in ("iam:CreateRole", "iam:PutRolePolicy", "iam:PutRolePermissionsBoundary"):
                self.assertRefused(Request(action, role, {"tenantry:tenant-id": TENANT}, keys=keys))

    def test_that_a_role_is_tagged_with_its_own_tenant_only(self) -> None:
        """Isolation rests on that tag: the one in the role's name is the only one, and stays."""
        role = f"arn:aws:iam::{ACCOUNT}:role/{self.prefix}-{TENANT}-api"
        for tags in (
            {"tenantry:tenant-id": OTHER_TENANT},
            {"Tenantry:Tenant-Id": OTHER_TENANT},
            {"tenantry:release": "2", "tenantry:tenant-id": OTHER_TENANT},
        ):
            self.assertRefused(Request("iam:TagRole", role, tags))
            self.assertRefused(Request("iam:CreateRole", role, tags, keys={"iam:permissionsboundary": self.boundary}))
        self.assertRefused(Request("iam:UntagRole", role, {"tenantry:tenant-id": ""}, {"tenantry:tenant-id": TENANT}))
        self.assertRefused(Request("iam:UntagRole", role, {"TENANTRY:tenant-id": ""}, {"tenantry:tenant-id": TENANT}))
        self.assertAllowed(Request("iam:TagRole", role, {"tenantry:release": "2"}, {"tenantry:tenant-id": TENANT}))

    def test_that_it_changes_no_api_but_tenants(self) -> None:
        """Not the control plane's own, whatever its tags, and none that another control plane has tagged."""
        own = next(properties["ApiId"] for _, kind, properties in self.plane.resources() if kind.endswith("::Stage"))
        mine = {"tenantry:control-plane": PLANE}
        for path in ("", "/routes/r1", "/routes", "/integrations/i1", "/authorizers/a1", "/stages/$default", "/stages"):
            for action in ("PATCH", "POST", "DELETE"):
                for tags in ({}, mine):
                    self.assertRefused(Request(f"apigateway:{action}", api(f"{own}{path}"), tags, tags))
                self.assertRefused(Request(f"apigateway:{action}", api(f"other{path}"), {}, {"tenantry:control-plane": "other"}))
        for action in ("POST", "PUT", "DELETE"):
            self.assertRefused(Request(f"apigateway:{action}", tags_of(api(own)), mine, mine))
            self.assertRefused(Request(f"apigateway:{action}", tags_of(api(f"{own}/stages/x")), mine, mine))
        for path in ("", "/stages/$default"):
            self.assertRefused(Request("apigateway:PATCH", api(f"untagged{path}"), {}, {}))

    def test_that_it_touches_no_pool_but_tenants(self) -> None:
        """Not the control plane's own, whatever its tags, none of another control plane, and none without a tag."""
        own = next(properties["UserPoolId"] for name, _, properties in self.plane.resources() if name == "UsersClient")
        mine, other = {"tenantry:control-plane": PLANE}, {"tenantry:control-plane": "other"}
        for action in ("UpdateUserPool", "DeleteUserPool", "TagResource", "UntagResource", "CreateUserPoolClient"):
            for tags in ({}, mine):
                self.assertRefused(Request(f"cognito-idp:{action}", pool(own), mine, tags))
            self.assertRefused(Request(f"cognito-idp:{action}", pool("other"), mine, other))
        for action in ("UpdateUserPool", "DeleteUserPool", "UntagResource", "CreateUserPoolClient"):
            self.assertRefused(Request(f"cognito-idp:{action}", pool("untagged"), mine, {}))
        self.assertRefused(Request("cognito-idp:CreateUserPool", "*", other))
        self.assertRefused(Request("cognito-idp:CreateUserPool", "*"))

    def test_that_a_tenants_role_reaches_its_own_tables_and_logs_only(self) -> None:
        """The boundary, for a role with the tag of one tenant and none; it is what a policy of the template could allow."""
        document = next(p["PolicyDocument"] for name, _, p in self.plane.resources() if name == "TenantBoundary")
        table, log = "arn:aws:dynamodb:{}:{}:table/{}-{}-products", "arn:aws:logs:{}:{}:log-group:/aws/lambda/{}-{}-api:log-stream:x"
        for action, arn in (("dynamodb:PutItem", table), ("logs:PutLogEvents", log), ("logs:CreateLogStream", log)):
            for tenant in (TENANT, OTHER_TENANT):
                resource = arn.format(REGION, ACCOUNT, self.prefix, tenant)
                for tag in (TENANT, None):
                    keys = {"aws:principaltag/tenantry:tenant-id": tag} if tag else {}
                    decided = decide([document], Request(action, resource, keys=keys))
                    self.assertEqual(tag == tenant, decided, f"{action} on {resource} as {tag}")

    def request(self, name: str, kind: str, properties: dict[str, Any], handler: str, call: str) -> Request:
        """The request that a call is, for a resource of the tenant's template."""
        # A client has its pool's.
        of = self.properties_of("UserPool") if kind == "AWS::Cognito::UserPoolClient" else properties
        tags = explicit_tags(of)
        keys: dict[str, Any] = {}
        published = authorization.action(call)
        assert published is not None, f"{kind}: {call} is no action"
        resource = self.resource(name, kind, properties, handler, call) if published.resources else "*"
        if kind == "AWS::IAM::Role":
            keys["iam:permissionsboundary"] = properties["PermissionsBoundary"]
        if call == "iam:PassRole":
            resource, keys = properties["Role"], {"iam:passedtoservice": "lambda.amazonaws.com"}
        # A resource that is made has no tags before; all that a request can have are its own.
        makes = handler == "create" and call.endswith((f":Create{kind.rpartition('::')[2]}", ":POST"))
        had = {} if makes and of is properties else tags
        # What is taken from a role is never the tag on which isolation rests.
        sent = {"tenantry:release": ""} if call == "iam:UntagRole" else tags
        return Request(call, resource, sent, had, keys)

    def resource(self, name: str, kind: str, properties: dict[str, Any], handler: str, call: str) -> str:
        """The ARN that a call is about."""
        service, _, verb = call.partition(":")
        if service == "s3":
            return "arn:aws:s3:::artifactbucket/tenantry/products.zip"
        if kind == "AWS::Lambda::Permission":
            return rendered.ARNS["AWS::Lambda::Function"].format(region=REGION, account=ACCOUNT, name=properties["FunctionName"])
        if kind == "AWS::Cognito::UserPoolClient":
            return pool(properties["UserPoolId"])
        if kind == "AWS::Cognito::UserPool":
            return pool(name)
        if service == "apigateway":
            return self.of_api(kind, handler, verb)
        named = properties[rendered.NAMES[kind]]
        return rendered.ARNS[kind].format(region=REGION, account=ACCOUNT, name=named).removesuffix(":*")

    def of_api(self, kind: str, handler: str, verb: str) -> str:
        if kind == "AWS::ApiGatewayV2::Api":
            if verb == "PUT" or (verb == "POST" and handler != "create"):
                return tags_of(api("tenants"))
            return api("" if verb == "POST" else "tenants")
        children = {"Stage": "stages", "Authorizer": "authorizers", "Integration": "integrations", "Route": "routes"}
        collection = f"tenants/{children[kind.rpartition('::')[2]]}"
        if verb == "PUT":
            return tags_of(api("tenants"))
        return api(collection if verb in ("POST", "TagResource") else f"{collection}/one")

    def properties_of(self, name: str) -> dict[str, Any]:
        return next(properties for logical_id, _, properties in self.tenant.resources() if logical_id == name)

    def allowed(self, request: Request) -> bool:
        return decide(self.granted, request)

    def assertAllowed(self, request: Request) -> None:
        self.assertTrue(self.allowed(request), request)

    def assertRefused(self, request: Request) -> None:
        self.assertFalse(self.allowed(request), request)


def api(path: str) -> str:
    return f"arn:aws:apigateway:{REGION}::/apis" + (f"/{path}" if path else "")


def tags_of(arn: str) -> str:
    return f"arn:aws:apigateway:{REGION}::/tags/{quote(arn, safe='')}"


def pool(name: str) -> str:
    return f"arn:aws:cognito-idp:{REGION}:{ACCOUNT}:userpool/{name}"


def explicit_tags(properties: dict[str, Any]) -> dict[str, str]:
    """The tags that the template itself gives a resource; those of the stack may come later, or not at all."""
    tags = properties.get("UserPoolTags", properties.get("Tags", {}))
    return tags if isinstance(tags, dict) else {tag["Key"]: tag["Value"] for tag in tags}


def decide(documents: list[dict[str, Any]], request: Request) -> bool:
    """Whether these policies allow the request."""
    keys = dict(request.keys)
    keys.update({f"aws:resourcetag/{name.lower()}": value for name, value in request.resource_tags.items()})
    variables = {**keys, **{f"aws:requesttag/{name.lower()}": value for name, value in request.request_tags.items()}}
    context = iam_evaluator.EvalContext(
        principal_arn=f"arn:aws:sts::{ACCOUNT}:assumed-role/{ROLE}/AWSCloudFormation",
        principal_type="AssumedRole",
        principal_account=ACCOUNT,
        action=request.action,
        resource_arn=request.resource,
        region=REGION,
        request_tags=request.request_tags,
        # Without tags in the request there is no such key.
        service_context={**keys, "aws:tagkeys": list(request.request_tags) or None},
    )
    parsed = [iam_evaluator.parse_policy_document(filled(document, variables)) for document in documents]
    return iam_evaluator.evaluate(context, parsed).decision == "Allow"


def filled(document: dict[str, Any], variables: dict[str, Any]) -> str:
    """A policy with its variables; one without a value is in no resource."""
    text = json.dumps(document)
    for part in text.split("${")[1:]:
        name = part.partition("}")[0]
        text = text.replace("${" + name + "}", str(variables.get(name.lower(), "\\u0000")))
    return text


if __name__ == "__main__":
    unittest.main()
