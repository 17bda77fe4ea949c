"""HTTP APIs and their users: throttling, access logs, users that a template declares.

Pages: https://docs.aws.amazon.com/apigateway/latest/developerguide/ and, for resources,
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/
"""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any

from .cloud import ACCOUNT, REGION, until
from .test_cloudformation import StackCase


class HttpApiTest(StackCase):
    def test_the_clouds_own_log_has_no_address(self) -> None:
        """Who is invited gets a mail, and the log says that, but not to whom."""
        cognito = self.server.client("cognito-idp")
        pool = cognito.create_user_pool(PoolName=self.name("pool"))["UserPool"]["Id"]
        name = self.name("user")
        cognito.admin_create_user(
            UserPoolId=pool,
            Username=name,
            DesiredDeliveryMediums=["EMAIL"],
            UserAttributes=[{"Name": "email", "Value": f"{name}@tenant.example"}],
        )
        log = until(lambda: (text := self.server.log.read_text()) and name in text and text, "the mail's line")
        self.assertIn("-> ['(address)']", log)
        self.assertNotIn("@tenant.example", log)

    def call(self, api: str, path: str) -> int:
        """The status of a GET."""
        url = f"{self.server.endpoint}/_aws/execute-api/{api}/$default{path}"
        try:
            with urllib.request.urlopen(url, timeout=10) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return int(error.code)

    def api(self, **stage: Any) -> str:
        """An API with two routes that lead nowhere, so that a request that is let in gives 500."""

        def route(key: str) -> dict[str, Any]:
            return {"Type": "AWS::ApiGatewayV2::Route", "Properties": {"ApiId": {"Ref": "Api"}, "RouteKey": key}}

        properties = {"ApiId": {"Ref": "Api"}, "StageName": "$default", "AutoDeploy": True, **stage}
        resources = {
            "Api": {"Type": "AWS::ApiGatewayV2::Api", "Properties": {"Name": "api", "ProtocolType": "HTTP"}},
            "Few": route("GET /few"),
            "Many": route("GET /many"),
            "Stage": {"Type": "AWS::ApiGatewayV2::Stage", "DependsOn": ["Few", "Many"], "Properties": properties},
        }
        return self.deploy(self.name("stack"), resources, {"Api": {"Ref": "Api"}})["Api"]

    def test_throttling(self) -> None:
        """A route takes its burst, then 429; another route of the stage has a burst of its own (http-api-throttling)."""
        api = self.api(
            DefaultRouteSettings={"ThrottlingBurstLimit": 1000, "ThrottlingRateLimit": 1000},
            RouteSettings={"GET /few": {"ThrottlingBurstLimit": 3, "ThrottlingRateLimit": 0.001}},
        )
        self.assertEqual([self.call(api, "/few") for _ in range(5)], [500, 500, 500, 429, 429])
        self.assertEqual(self.call(api, "/many"), 500)

    def test_access_log(self) -> None:
        """Each request is a line of the stage's access log, in the format that it has (http-api-logging)."""
        group = self.name("/aws/vendedlogs/apigateway/log")
        logs = self.server.client("logs")
        logs.create_log_group(logGroupName=group)
        form = '{"route":"$context.routeKey","status":"$context.status","who":"$context.authorizer.claims.sub"}'
        arn = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{group}"
        api = self.api(AccessLogSettings={"DestinationArn": arn, "Format": form})
        self.call(api, "/many")
        lines = until(lambda: logs.filter_log_events(logGroupName=group)["events"], "a line")
        self.assertEqual(json.loads(lines[0]["message"]), {"route": "GET /many", "status": "500", "who": "-"})

    def test_users(self) -> None:
        """A user and its group come and go with their stack (aws-resource-cognito-userpooluser and -usertogroup…)."""
        pool = {"Ref": "Pool"}
        base = {
            "Pool": {"Type": "AWS::Cognito::UserPool", "Properties": {"UserPoolName": "pool"}},
            "Group": {"Type": "AWS::Cognito::UserPoolGroup", "Properties": {"UserPoolId": pool, "GroupName": "admins"}},
        }
        address = [{"Name": "email", "Value": "first@example.com"}]
        user = {
            "User": {
                "Type": "AWS::Cognito::UserPoolUser",
                "Properties": {"UserPoolId": pool, "Username": "first", "UserAttributes": address},
            },
            "Member": {
                "Type": "AWS::Cognito::UserPoolUserToGroupAttachment",
                "Properties": {"UserPoolId": pool, "GroupName": {"Ref": "Group"}, "Username": {"Ref": "User"}},
            },
        }
        stack, cognito = self.name("stack"), self.server.client("cognito-idp")
        outputs = {"Pool": pool}
        found = self.deploy(stack, {**base, **user}, outputs)["Pool"]
        status = cognito.admin_get_user(UserPoolId=found, Username="first")["UserStatus"]
        self.assertEqual(status, "FORCE_CHANGE_PASSWORD")
        groups = cognito.admin_list_groups_for_user(UserPoolId=found, Username="first")["Groups"]
        self.assertEqual([group["GroupName"] for group in groups], ["admins"])
        self.deploy(stack, base, outputs)
        self.assertEqual(cognito.list_users(UserPoolId=found)["Users"], [])
        self.remove(stack)
