"""Names, descriptions and tags: what AWS refuses, in a template and in the API (`limits` names the page of each)."""

from __future__ import annotations

import json
import unittest
from typing import Any

from botocore.exceptions import ClientError, ParamValidationError
from tenantry_local import limits

from .cloud import ROLE, until
from .test_cloudformation import StackCase

TRUST = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]}
#: What a resource of each type needs beside its name.
NEEDS: dict[str, dict[str, Any]] = {
    "AWS::ApiGatewayV2::Api": {"ProtocolType": "HTTP"},
    "AWS::DynamoDB::Table": {
        "AttributeDefinitions": [{"AttributeName": "a", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "a", "KeyType": "HASH"}],
        "BillingMode": "PAY_PER_REQUEST",
    },
    "AWS::Events::Rule": {"EventPattern": {"source": ["x"]}},
    "AWS::IAM::ManagedPolicy": {"PolicyDocument": {"Version": "2012-10-17", "Statement": []}},
    "AWS::IAM::Role": {"AssumeRolePolicyDocument": TRUST},
    "AWS::SSM::Parameter": {"Type": "String", "Value": "x"},
}
#: Types that need nothing more, and the property that names one.
IN_TEMPLATES = (
    ("AWS::ApiGatewayV2::Api", "Name"),
    ("AWS::Cognito::UserPool", "UserPoolName"),
    ("AWS::DynamoDB::Table", "TableName"),
    ("AWS::Events::EventBus", "Name"),
    ("AWS::Events::Rule", "Name"),
    ("AWS::IAM::Role", "RoleName"),
    ("AWS::Logs::LogGroup", "LogGroupName"),
    ("AWS::S3::Bucket", "BucketName"),
    ("AWS::SNS::Topic", "TopicName"),
    ("AWS::SQS::Queue", "QueueName"),
)


class TableTest(unittest.TestCase):
    def test_every_limit_takes_its_longest_and_no_more(self) -> None:
        """Each name has its least and its most characters, and refuses one more and one less."""
        for resource_type, members in limits.OF_RESOURCES.items():
            for member, limit in members.items():
                with self.subTest(resource_type=resource_type, member=member):
                    refused = lambda value: list(limits.problems(resource_type, {member: value}))  # noqa: E731
                    self.assertEqual(refused("a" * limit.most), [])
                    self.assertEqual(len(refused("a" * (limit.most + 1))), 1)
                    self.assertIn(limit.page, refused("a" * (limit.most + 1))[0])
                    if limit.least:
                        self.assertEqual(refused("a" * limit.least), [])
                        self.assertEqual(len(refused("a" * (limit.least - 1))), 1)

    def test_alphabets(self) -> None:
        """What a name may be made of: "Role names", "Bucket naming rules", "Log group names", …"""
        good = [(limits.ROLE, "a+=,.@-_1"), (limits.BUCKET, "my-bucket.1"), (limits.LOG_GROUP, "/aws/lambda/a#1"), (limits.QUEUE, "q.fifo")]
        bad = [
            (limits.ROLE, "a b"),
            (limits.FUNCTION, "a.b"),
            (limits.BUCKET, "My-bucket"),
            (limits.BUCKET, "a..b"),
            (limits.BUCKET, "192.168.0.1"),
            (limits.BUCKET, "xn--a"),
            (limits.BUCKET, "a-s3alias"),
            (limits.DOMAIN, "-a"),
            (limits.LOG_GROUP, "a b"),
            (limits.QUEUE, "a.b"),
            (limits.RULE, "a/b"),
            (limits.MACHINE, "a b"),
            (limits.USER, "a b@x.example"),
            (limits.PARAMETER, "/aws/x"),
            (limits.PARAMETER, "a b"),
        ]
        for limit, name in good:
            self.assertIsNone(limit.problem(name), name)
        for limit, name in bad:
            self.assertIsNotNone(limit.problem(name), name)

    def test_tags(self) -> None:
        """"Each resource can have up to 50 user created tags"; keys up to 128, values up to 256 characters, not `aws:`."""
        refused = lambda tags: list(limits.problems("AWS::IAM::Role", {"Tags": tags}))  # noqa: E731
        self.assertEqual(refused([{"Key": "k" * 128, "Value": "v" * 256}]), [])
        self.assertEqual(refused({"tenantry:tenant-id": "x", "aws:cloudformation:stack-name": "s"}), [])
        for tags in ([{"Key": "k" * 129, "Value": ""}], [{"Key": "k", "Value": "v" * 257}], [{"Key": "aws:x", "Value": ""}], {"": "x"}):
            self.assertEqual(len(refused(tags)), 1, tags)
        self.assertEqual(len(refused([{"Key": f"k{n}", "Value": ""} for n in range(51)])), 1)


class TemplateTest(StackCase):
    def test_a_name_that_is_too_long_fails_its_stack(self) -> None:
        """A template with such a name is red here as on AWS, with the resource, the property and the page."""
        for resource_type, member in IN_TEMPLATES:
            with self.subTest(resource_type=resource_type):
                limit = limits.OF_RESOURCES[resource_type][member]
                for length, status in ((limit.most + 1, "ROLLBACK_COMPLETE"), (limit.most, "CREATE_COMPLETE")):
                    properties = {**NEEDS.get(resource_type, {}), member: self.long(length)}
                    stack = self.create({"It": {"Type": resource_type, "Properties": properties}})
                    self.assertEqual(self.status(stack), status)
                    if length > limit.most:
                        self.assertIn(f"Value at '{member}' failed to satisfy constraint", self.reason(stack))

    def test_a_description_that_is_too_long_fails_its_stack(self) -> None:
        """"Description … Length Constraints: Maximum length of 1000" (IAM API_CreateRole)."""
        properties = {"AssumeRolePolicyDocument": TRUST, "Description": "d" * 1001}
        stack = self.create({"It": {"Type": "AWS::IAM::Role", "Properties": properties}})
        self.assertIn("length less than or equal to 1000", self.reason(stack))

    def test_an_update_is_held_to_the_same(self) -> None:
        """What a template changes is checked as what it makes."""
        stack = self.name("stack")
        role = {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": TRUST}}
        self.deploy(stack, {"It": role})
        role["Properties"]["Description"] = "d" * 1001  # type: ignore[index]
        self.cloudformation.update_stack(
            StackName=stack, TemplateBody=json.dumps({"Resources": {"It": role}}), Capabilities=["CAPABILITY_NAMED_IAM"]
        )
        until(lambda: self.status(stack) == "UPDATE_ROLLBACK_COMPLETE", "the update to be taken back")

    def long(self, length: int) -> str:
        """A name of that length that no other test has."""
        return (self.name("a").replace("_", "") + "-" + "n" * length)[:length]

    def create(self, resources: dict[str, Any]) -> str:
        stack = self.name("stack")
        self.cloudformation.create_stack(
            StackName=stack, TemplateBody=json.dumps({"Resources": resources}), Capabilities=["CAPABILITY_NAMED_IAM"]
        )
        until(lambda: not self.status(stack).endswith("_IN_PROGRESS"), "the stack to settle")
        return stack

    def status(self, stack: str) -> str:
        return str(self.cloudformation.describe_stacks(StackName=stack)["Stacks"][0]["StackStatus"])

    def reason(self, stack: str) -> str:
        events = self.cloudformation.describe_stack_events(StackName=stack)["StackEvents"]
        return " ".join(event.get("ResourceStatusReason", "") for event in events if event["ResourceStatus"].endswith("_FAILED"))


class CallTest(StackCase):
    def test_calls_are_held_to_the_same_limits(self) -> None:
        """The API refuses a name that is too long with the error of its page, and makes nothing."""
        client = lambda service: self.server.client(service, parameter_validation=False)  # noqa: E731
        cognito = client("cognito-idp")
        pool = cognito.create_user_pool(PoolName=self.name("pool"))["UserPool"]["Id"]
        app = cognito.create_user_pool_client(UserPoolId=pool, ClientName="c")["UserPoolClient"]["ClientId"]
        role = lambda name: client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))  # noqa: E731
        policy = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]})
        code = {"ZipFile": b"x"}
        calls: list[tuple[limits.Limit, str, Any]] = [
            (limits.ROLE, "ValidationError", role),
            (limits.POLICY, "ValidationError", lambda n: client("iam").create_policy(PolicyName=n, PolicyDocument=policy)),
            (limits.LOG_GROUP, "InvalidParameterException", lambda n: client("logs").create_log_group(logGroupName=n)),
            (limits.QUEUE, "InvalidParameterValue", lambda n: client("sqs").create_queue(QueueName=n)),
            (limits.TOPIC, "InvalidParameter", lambda n: client("sns").create_topic(Name=n)),
            (limits.RULE, "ValidationException", lambda n: client("events").put_rule(Name=n, EventPattern='{"source": ["x"]}')),
            (limits.BUS, "ValidationException", lambda n: client("events").create_event_bus(Name=n)),
            (limits.POOL, "InvalidParameterException", lambda n: cognito.create_user_pool(PoolName=n)),
            (limits.CLIENT, "InvalidParameterException", lambda n: cognito.create_user_pool_client(UserPoolId=pool, ClientName=n)),
            (limits.GROUP, "InvalidParameterException", lambda n: cognito.create_group(UserPoolId=pool, GroupName=n)),
            (limits.USER, "InvalidParameterException", lambda n: cognito.admin_create_user(UserPoolId=pool, Username=n)),
            (limits.USER, "InvalidParameterException", lambda n: cognito.sign_up(ClientId=app, Username=n, Password="Passw0rd!x")),
            (
                limits.FUNCTION,
                "ValidationException",
                lambda n: client("lambda").create_function(FunctionName=n, Role=ROLE, Code=code, Runtime="python3.12", Handler="a.b"),
            ),
        ]
        for limit, error, call in calls:
            with self.subTest(page=limit.page), self.assertRaises(ClientError) as raised:
                call("n" * (limit.most + 1))
            self.assertEqual(raised.exception.response["Error"]["Code"], error, limit.page)
            self.assertIn(f"less than or equal to {limit.most}", raised.exception.response["Error"]["Message"])
        for limit, _, call in calls[:-2]:
            call("m" * limit.most)

    def test_the_longest_address_that_cognito_takes(self) -> None:
        """"Username … Maximum length of 128" (API_AdminCreateUser), which an e-mail address of 254 characters exceeds."""
        cognito = self.server.client("cognito-idp")
        pool = cognito.create_user_pool(PoolName=self.name("pool"), UsernameAttributes=["email"])["UserPool"]["Id"]
        address = lambda length: "a" * (length - len("@x.example")) + "@x.example"  # noqa: E731
        cognito.admin_create_user(UserPoolId=pool, Username=address(128), MessageAction="SUPPRESS")
        with self.assertRaises((ClientError, ParamValidationError)):
            cognito.admin_create_user(UserPoolId=pool, Username=address(129), MessageAction="SUPPRESS")
        self.assertEqual(len(cognito.list_users(UserPoolId=pool)["Users"]), 1)


if __name__ == "__main__":
    unittest.main()
