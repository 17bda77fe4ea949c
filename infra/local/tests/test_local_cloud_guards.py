"""What AWS refuses to delete, and names of users without case (`guards` names the pages)."""

from __future__ import annotations

import json
import unittest
from typing import Any

from botocore.exceptions import ClientError

from .cloud import until
from .test_cloudformation import StackCase
from .test_local_cloud_limits import NEEDS


class DeletionTest(StackCase):
    def create(self, resource_type: str, properties: dict[str, Any], parameters: dict[str, str] | None = None) -> str:
        stack = self.name("stack")
        template: dict[str, Any] = {"Resources": {"It": {"Type": resource_type, "Properties": properties}}}
        template["Parameters"] = {name: {"Type": "String"} for name in parameters or {}}
        given = [{"ParameterKey": name, "ParameterValue": value} for name, value in (parameters or {}).items()]
        self.cloudformation.create_stack(StackName=stack, TemplateBody=json.dumps(template), Parameters=given)
        self.settled(stack, "CREATE_COMPLETE")
        return stack

    def settled(self, stack: str, status: str) -> None:
        found = lambda: self.cloudformation.describe_stacks(StackName=stack)["Stacks"][0]["StackStatus"]  # noqa: E731
        until(lambda: found() == status, f"{stack} to be {status}")

    def physical(self, stack: str) -> str:
        found = self.cloudformation.describe_stack_resource(StackName=stack, LogicalResourceId="It")
        return str(found["StackResourceDetail"]["PhysicalResourceId"])

    def refuses(self, stack: str, words: str) -> None:
        """Its deletion fails, with the reason, and what is guarded is there."""
        self.cloudformation.delete_stack(StackName=stack)
        self.settled(stack, "DELETE_FAILED")
        events = self.cloudformation.describe_stack_events(StackName=stack)["StackEvents"]
        reasons = [event.get("ResourceStatusReason", "") for event in events if event["ResourceStatus"] == "DELETE_FAILED"]
        self.assertTrue(any(words in reason for reason in reasons), reasons)

    def test_a_protected_table(self) -> None:
        """"DeletionProtectionEnabled … the table cannot be deleted", neither by its stack nor by hand (API_DeleteTable)."""
        properties = {**NEEDS["AWS::DynamoDB::Table"], "DeletionProtectionEnabled": {"Ref": "Protected"}}
        stack = self.create("AWS::DynamoDB::Table", properties, {"Protected": "true"})
        self.refuses(stack, "currently protected against deletion")
        dynamodb, table = self.server.client("dynamodb"), self.physical(stack)
        with self.assertRaises(ClientError):
            dynamodb.delete_table(TableName=table)
        dynamodb.update_table(TableName=table, DeletionProtectionEnabled=False)
        self.remove(stack)
        self.assertNotIn(table, dynamodb.list_tables()["TableNames"])

    def test_a_table_that_a_parameter_leaves_unprotected(self) -> None:
        """A parameter's "false" is false."""
        properties = {**NEEDS["AWS::DynamoDB::Table"], "DeletionProtectionEnabled": {"Ref": "Protected"}}
        stack = self.create("AWS::DynamoDB::Table", properties, {"Protected": "false"})
        table = self.physical(stack)
        described = self.server.client("dynamodb").describe_table(TableName=table)["Table"]
        self.assertFalse(described.get("DeletionProtectionEnabled"))
        self.server.client("dynamodb").delete_table(TableName=table)

    def test_a_protected_user_pool(self) -> None:
        """"Deletion protection must be inactivated first" (user-pool-settings-deletion-protection)."""
        stack = self.create("AWS::Cognito::UserPool", {"DeletionProtection": "ACTIVE"})
        self.refuses(stack, "deletion protection is activated")
        cognito, pool = self.server.client("cognito-idp"), self.physical(stack)
        with self.assertRaises(ClientError) as raised:
            cognito.delete_user_pool(UserPoolId=pool)
        self.assertEqual(raised.exception.response["Error"]["Code"], "InvalidParameterException")
        cognito.update_user_pool(UserPoolId=pool, DeletionProtection="INACTIVE")
        self.remove(stack)

    def test_a_bucket_with_objects_in_it(self) -> None:
        """"You can only delete empty buckets. Deletion fails for buckets that have contents" (aws-resource-s3-bucket)."""
        stack = self.create("AWS::S3::Bucket", {"BucketName": self.name("full-bucket")})
        s3, bucket = self.server.client("s3"), self.physical(stack)
        s3.put_object(Bucket=bucket, Key="k", Body=b"x")
        self.refuses(stack, "The bucket you tried to delete is not empty")
        self.assertEqual(s3.get_object(Bucket=bucket, Key="k")["Body"].read(), b"x")
        s3.delete_object(Bucket=bucket, Key="k")
        self.remove(stack)

    def test_a_stack_with_termination_protection(self) -> None:
        """"Stack … cannot be deleted while TerminationProtection is enabled" (using-cfn-protect-stacks)."""
        stack = self.create("AWS::SNS::Topic", {})
        self.cloudformation.update_termination_protection(StackName=stack, EnableTerminationProtection=True)
        with self.assertRaises(ClientError) as raised:
            self.cloudformation.delete_stack(StackName=stack)
        self.assertIn("TerminationProtection is enabled", str(raised.exception))
        self.cloudformation.update_termination_protection(StackName=stack, EnableTerminationProtection=False)
        self.remove(stack)


class CaseTest(StackCase):
    def pool(self, **more: Any) -> tuple[Any, str, str]:
        cognito = self.server.client("cognito-idp")
        pool = cognito.create_user_pool(PoolName=self.name("pool"), **more)["UserPool"]["Id"]
        client = cognito.create_user_pool_client(
            UserPoolId=pool, ClientName="c", ExplicitAuthFlows=["ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
        )["UserPoolClient"]["ClientId"]
        return cognito, pool, client

    def test_without_case_a_user_is_one_user(self) -> None:
        """"users can sign in using username, USERNAME, or UserName", also by e-mail address (API_UsernameConfigurationType)."""
        for more, name in ({"UsernameAttributes": ["email"]}, "ada@x.example"), ({}, "ada"):
            cognito, pool, client = self.pool(UsernameConfiguration={"CaseSensitive": False}, **more)
            cognito.admin_create_user(UserPoolId=pool, Username=name, MessageAction="SUPPRESS")
            cognito.admin_set_user_password(UserPoolId=pool, Username=name.upper(), Password="Passw0rd!x", Permanent=True)
            found = {cognito.admin_get_user(UserPoolId=pool, Username=each)["Username"] for each in (name, name.upper(), name.title())}
            self.assertEqual(len(found), 1)
            signed_in = cognito.admin_initiate_auth(
                UserPoolId=pool,
                ClientId=client,
                AuthFlow="ADMIN_USER_PASSWORD_AUTH",
                AuthParameters={"USERNAME": name.title(), "PASSWORD": "Passw0rd!x"},
            )
            self.assertIn("AccessToken", signed_in["AuthenticationResult"])
            with self.assertRaises(ClientError) as raised:
                cognito.admin_create_user(UserPoolId=pool, Username=name.upper(), MessageAction="SUPPRESS")
            self.assertEqual(raised.exception.response["Error"]["Code"], "UsernameExistsException")
            self.assertEqual(len(cognito.list_users(UserPoolId=pool)["Users"]), 1)

    def test_with_case_they_are_two(self) -> None:
        """Case counts where a pool does not say otherwise."""
        cognito, pool, _ = self.pool()
        for name in ("ada", "ADA"):
            cognito.admin_create_user(UserPoolId=pool, Username=name, MessageAction="SUPPRESS")
        with self.assertRaises(ClientError):
            cognito.admin_get_user(UserPoolId=pool, Username="Ada")


if __name__ == "__main__":
    unittest.main()
