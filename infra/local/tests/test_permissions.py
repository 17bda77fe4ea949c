"""What acts in the local cloud acts under its own role, and what its policies do not allow is refused.

Pages are those of the IAM User Guide (`reference_policies_…`) unless a test names another one.
"""

from __future__ import annotations

import json
import sys
import textwrap
import urllib.error
import urllib.request
from typing import Any

from botocore.exceptions import ClientError


from .cloud import ACCOUNT, REGION, ROLE, CloudTest, zipped

SERVICES = ["lambda.amazonaws.com", "states.amazonaws.com", "codebuild.amazonaws.com"]


class PermissionsTest(CloudTest):
    iam: Any
    dynamodb: Any

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.iam = cls.server.client("iam")
        cls.dynamodb = cls.server.client("dynamodb")
        cls.table = "permissions"
        try:
            cls.dynamodb.create_table(
                TableName=cls.table,
                AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
                KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
                BillingMode="PAY_PER_REQUEST",
            )
        except cls.dynamodb.exceptions.ResourceInUseException:
            pass
        cls.arn = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{cls.table}"

    def role(self, *statements: dict[str, Any], boundary: dict[str, Any] | None = None, **tags: str) -> str:
        """A role with these statements, allowing them unless they say otherwise."""
        name = self.name("role")
        trust = {"Effect": "Allow", "Principal": {"Service": SERVICES}, "Action": "sts:AssumeRole"}
        request: dict[str, Any] = {"RoleName": name, "AssumeRolePolicyDocument": document(trust)}
        if boundary:
            policy = self.iam.create_policy(PolicyName=name, PolicyDocument=document(boundary))
            request["PermissionsBoundary"] = policy["Policy"]["Arn"]
        if tags:
            request["Tags"] = [{"Key": key, "Value": value} for key, value in tags.items()]
        arn: str = self.iam.create_role(**request)["Role"]["Arn"]
        self.iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=document(*statements))
        return arn

    def as_role(self, role: str, service: str) -> Any:
        """A client of a session of the role."""
        import boto3

        session = self.server.client("sts").assume_role(RoleArn=role, RoleSessionName="test")["Credentials"]
        return boto3.client(
            service,
            endpoint_url=self.server.endpoint,
            region_name=REGION,
            aws_access_key_id=session["AccessKeyId"],
            aws_secret_access_key=session["SecretAccessKey"],
            aws_session_token=session["SessionToken"],
        )

    def may(self, client: Any, operation: str, **request: Any) -> bool:
        """Whether the call is allowed; what is refused is refused for want of a permission."""
        try:
            getattr(client, operation)(**request)
        except ClientError as error:
            self.assertIn(error.response["Error"]["Code"], ("AccessDenied", "AccessDeniedException"), error)
            return False
        return True

    def test_the_first_part_of_a_key(self) -> None:
        """`dynamodb:LeadingKeys` is the partition key of what a request is about (specifying-conditions, DynamoDB)."""
        role = self.role(
            {
                "Action": ["dynamodb:PutItem", "dynamodb:GetItem", "dynamodb:Query"],
                "Resource": self.arn,
                "Condition": {
                    "ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["tier#*"]},
                    "Null": {"dynamodb:LeadingKeys": "false"},
                },
            }
        )
        client = self.as_role(role, "dynamodb")
        for key, allowed in (("tier#gold", True), ("tenant", False)):
            item = {"id": {"S": key}}
            self.assertEqual(allowed, self.may(client, "put_item", TableName=self.table, Item=item), key)
            self.assertEqual(allowed, self.may(client, "get_item", TableName=self.table, Key=item), key)
            both = [{"Put": {"TableName": self.table, "Item": each}} for each in ({"id": {"S": "tier#x"}}, item)]
            if key != "tier#gold":
                self.assertFalse(self.may(client, "transact_write_items", TransactItems=both), key)
            asked = {"KeyConditionExpression": "#k = :v", "ExpressionAttributeNames": {"#k": "id"}}
            values = {":v": {"S": key}}
            found = self.may(client, "query", TableName=self.table, ExpressionAttributeValues=values, **asked)
            self.assertEqual(allowed, found, key)

    def test_variables(self) -> None:
        """A tag of the principal in a resource and in a condition; without the tag nothing matches (variables)."""
        own = {"Action": "dynamodb:GetItem", "Resource": self.arn.replace("permissions", "${aws:PrincipalTag/table}")}
        item: dict[str, Any] = {"TableName": self.table, "Key": {"id": {"S": "x"}}}
        for tags, allowed in (({"table": "permissions"}, True), ({"table": "another"}, False), ({"table": "*"}, False), ({}, False)):
            client = self.as_role(self.role(own, **tags), "dynamodb")
            self.assertEqual(allowed, self.may(client, "get_item", **item), tags)

    def test_a_boundary(self) -> None:
        """What a boundary does not allow is refused, whatever the role's own policies say (access_policies_boundaries)."""
        everything = {"Action": "dynamodb:*", "Resource": "*"}
        client = self.as_role(self.role(everything, boundary={**everything, "Action": "dynamodb:GetItem"}), "dynamodb")
        self.assertTrue(self.may(client, "get_item", TableName=self.table, Key={"id": {"S": "x"}}))
        self.assertFalse(self.may(client, "put_item", TableName=self.table, Item={"id": {"S": "x"}}))

    def test_each_event_of_a_request(self) -> None:
        """Each entry has its own bus, source and detail type (list_amazoneventbridge, Service Authorization Reference)."""
        bus = f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/default"
        condition = {"StringEquals": {"events:source": "mine"}, "StringLike": {"events:detail-type": ["a*", "b*"]}}
        client = self.as_role(self.role({"Action": "events:PutEvents", "Resource": bus, "Condition": condition}), "events")
        entry = {"Source": "mine", "Detail": "{}"}
        good = [{**entry, "DetailType": each} for each in ("aa", "bb")]
        self.assertTrue(self.may(client, "put_events", Entries=good))
        for wrong in ({"DetailType": "cc"}, {"Source": "other", "DetailType": "aa"}, {"EventBusName": "bus", "DetailType": "aa"}):
            self.assertFalse(self.may(client, "put_events", Entries=[*good, {**entry, **wrong}]), wrong)

    def test_tags_of_a_user_pool(self) -> None:
        """`aws:ResourceTag` of a pool, and `aws:RequestTag` of one that is to be made (list_amazoncognitouserpools)."""
        pools = f"arn:aws:cognito-idp:{REGION}:{ACCOUNT}:userpool/*"
        own = {"Action": "cognito-idp:DescribeUserPool", "Resource": pools, "Condition": {"StringEquals": {"aws:ResourceTag/of": "us"}}}
        make = {"Action": "cognito-idp:CreateUserPool", "Resource": "*", "Condition": {"StringEquals": {"aws:RequestTag/of": "us"}}}
        client = self.as_role(self.role(own, make), "cognito-idp")
        for tags, allowed in (({"of": "us"}, True), ({"of": "them"}, False), ({}, False)):
            pool = self.server.client("cognito-idp").create_user_pool(PoolName=self.name(), UserPoolTags=tags)["UserPool"]["Id"]
            self.assertEqual(allowed, self.may(client, "describe_user_pool", UserPoolId=pool), tags)
            self.assertEqual(allowed, self.may(client, "create_user_pool", PoolName=self.name(), UserPoolTags=tags), tags)

    def test_a_role_that_is_passed(self) -> None:
        """Who gives CloudFormation a role must be allowed to pass it, and to CloudFormation (using-iam-servicerole)."""
        stacks = {"Action": "cloudformation:CreateStack", "Resource": "*", "Condition": {"StringEquals": {"cloudformation:RoleArn": ROLE}}}

        def passes(to: str, role: str) -> dict[str, Any]:
            return {"Action": "iam:PassRole", "Resource": role, "Condition": {"StringEquals": {"iam:PassedToService": to}}}

        template = json.dumps({"Resources": {"It": {"Type": "AWS::SNS::Topic"}}})
        cloudformation = "cloudformation.amazonaws.com"
        for statement, allowed in (
            (passes(cloudformation, ROLE), True),
            (passes("lambda.amazonaws.com", ROLE), False),
            (passes(cloudformation, f"{ROLE}-other"), False),
        ):
            client = self.as_role(self.role(stacks, statement), "cloudformation")
            done = self.may(client, "create_stack", StackName=self.name("stack"), TemplateBody=template, RoleARN=ROLE)
            self.assertEqual(allowed, done, statement)
            self.assertFalse(self.may(client, "create_stack", StackName=self.name("stack"), TemplateBody=template))

    def test_an_api_calls_a_function_that_lets_it_in(self) -> None:
        """By the function's policy, for its routes only; otherwise the answer is 500 (http-api-troubleshooting-lambda)."""
        name, apis = self.name("function"), self.server.client("apigatewayv2")
        arn = self.functions.create_function(
            FunctionName=name,
            Runtime=f"python{sys.version_info.major}.{sys.version_info.minor}",
            Role=ROLE,
            Handler="index.handler",
            Code={"ZipFile": zipped({"index.py": "def handler(event, context):\n    return {'statusCode': 204}\n"})},
        )["FunctionArn"]
        self.addCleanup(self.functions.delete_function, FunctionName=name)
        api = apis.create_api(Name=name, ProtocolType="HTTP")["ApiId"]
        made = apis.create_integration(ApiId=api, IntegrationType="AWS_PROXY", IntegrationUri=arn, PayloadFormatVersion="2.0")
        for key in ("GET /open/{id}", "GET /shut"):
            apis.create_route(ApiId=api, RouteKey=key, Target=f"integrations/{made['IntegrationId']}")
        apis.create_stage(ApiId=api, StageName="$default", AutoDeploy=True)

        def call(path: str) -> int:
            try:
                with urllib.request.urlopen(f"{self.server.endpoint}/_aws/execute-api/{api}/$default{path}", timeout=10) as answer:
                    return int(answer.status)
            except urllib.error.HTTPError as error:
                return int(error.code)

        self.assertEqual([500, 500], [call("/open/x"), call("/shut")])
        source = f"arn:aws:execute-api:{REGION}:{ACCOUNT}:{api}/*/*/open*"
        self.functions.add_permission(
            FunctionName=name, StatementId="api", Action="lambda:InvokeFunction", Principal="apigateway.amazonaws.com", SourceArn=source
        )
        self.assertEqual([204, 500], [call("/open/x"), call("/shut")])

    def test_a_build_acts_under_its_projects_role(self) -> None:
        """The service role is what a build's commands can do (setting-up-service-role, CodeBuild)."""
        spec = textwrap.dedent(f"""
            version: 0.2
            phases:
              build:
                commands:
                  - aws dynamodb get-item --table-name {self.table} --key '{{"id":{{"S":"x"}}}}'
        """)
        for action, status in (("dynamodb:GetItem", "SUCCEEDED"), ("dynamodb:PutItem", "FAILED")):
            project = self.project(spec, serviceRole=self.role({"Action": action, "Resource": self.arn}))
            done = self.built(self.codebuild.start_build(projectName=project)["build"]["id"])
            self.assertEqual(status, done["buildStatus"], self.log_of(done))

    def test_a_state_machine_acts_under_its_role(self) -> None:
        """Each task is asked for; `.sync` also for what tells it of the end (connect-codebuild, Step Functions)."""
        project = self.project("version: 0.2\nphases: {build: {commands: 'true'}}")
        builds = f"arn:aws:codebuild:{REGION}:{ACCOUNT}:project/{project}"
        rule = f"arn:aws:events:{REGION}:{ACCOUNT}:rule/StepFunctionsGetEventForCodeBuildStartBuildRule"
        start = {"Action": ["codebuild:StartBuild", "codebuild:StopBuild", "codebuild:BatchGetBuilds"], "Resource": builds}
        learn = {"Action": ["events:PutTargets", "events:PutRule", "events:DescribeRule"], "Resource": rule}
        task = {"Type": "Task", "Resource": "arn:aws:states:::codebuild:startBuild.sync", "End": True}
        task["Parameters"] = {"ProjectName": project}  # type: ignore[assignment]
        for statements, status in (([start, learn], "SUCCEEDED"), ([start], "FAILED"), ([learn], "FAILED")):
            machine = self.states.create_state_machine(
                name=self.name("machine"),
                definition=json.dumps({"StartAt": "It", "States": {"It": task}}),
                roleArn=self.role(*statements),
            )["stateMachineArn"]
            done = self.executed(machine)
            self.assertEqual(status, done["status"])
            if status == "FAILED":
                self.assertEqual("CodeBuild.AccessDeniedException", done["error"])
                self.assertIn("is not authorized to perform", done["cause"])


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **each} for each in statements]})
