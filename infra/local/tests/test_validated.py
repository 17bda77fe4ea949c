"""What CloudFormation and Step Functions refuse before they make it, by the schemas that AWS publishes.

Pages: `troubleshooting` (CloudFormation User Guide), API_CreateStateMachine (Step Functions).
"""

from __future__ import annotations

import json
from typing import Any

from botocore.exceptions import ClientError

from .cloud import ROLE, until
from .test_cloudformation import StackCase

KEY = {"AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}], "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}]}
TABLE = {**KEY, "BillingMode": "PAY_PER_REQUEST"}


class PropertiesTest(StackCase):
    def reason(self, kind: str, properties: dict[str, Any]) -> str:
        """Why a stack of one resource cannot be made; empty if it can."""
        stack = self.name("stack")
        template = {"Resources": {"It": {"Type": kind, "Properties": properties}}}
        self.cloudformation.create_stack(StackName=stack, TemplateBody=json.dumps(template), Capabilities=["CAPABILITY_NAMED_IAM"])
        status = lambda: self.cloudformation.describe_stacks(StackName=stack)["Stacks"][0]["StackStatus"]  # noqa: E731
        until(lambda: not status().endswith("_IN_PROGRESS"), "the stack to settle")
        events = self.cloudformation.describe_stack_events(StackName=stack)["StackEvents"]
        failed = [each for each in events if each["ResourceStatus"] == "CREATE_FAILED"]
        return failed[-1]["ResourceStatusReason"] if failed else ""

    def test_wrong_properties(self) -> None:
        """An unknown one, a missing one, a value that is none of those that there are, one of another kind, too long a text."""
        for properties, said in (
            ({**TABLE, "Colour": "red"}, "extraneous key [Colour] is not permitted"),
            ({"BillingMode": "PAY_PER_REQUEST"}, "required key [KeySchema] not found"),
            ({**TABLE, "KeySchema": [{"AttributeName": "id"}]}, "#/KeySchema: "),
            ({**TABLE, "StreamSpecification": {"StreamViewType": 1, "X": 2}}, "extraneous key [X] is not permitted"),
            ({**TABLE, "DeletionProtectionEnabled": "perhaps"}, "is not of type 'boolean'"),
        ):
            reason = self.reason("AWS::DynamoDB::Table", properties)
            self.assertIn("Properties validation failed for resource", reason)
            self.assertIn(said, reason)
        self.assertIn("31 is not a valid enum value", self.reason("AWS::Logs::LogGroup", {"RetentionInDays": 31}))

    def test_texts_for_numbers(self) -> None:
        """Parameters are texts: CloudFormation takes "true" for true, and "30" for 30."""
        self.assertEqual("", self.reason("AWS::DynamoDB::Table", {**TABLE, "DeletionProtectionEnabled": "false"}))
        self.assertEqual("", self.reason("AWS::Logs::LogGroup", {"RetentionInDays": "30"}))

    def test_machines(self) -> None:
        """An invalid definition is refused, by the API (InvalidDefinition) and in a stack."""
        good = {"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}}
        for wrong, said in (
            ({"States": good["States"]}, "required key [StartAt] not found"),
            ({**good, "StartAt": "B"}, "there is no state B"),
            ({**good, "States": {"A": {"Type": "Pass", "Next": "C"}}}, "there is no state C"),
            ({**good, "States": {"A": {"Type": "Jump", "End": True}}}, "Jump is not a valid enum value"),
        ):
            with self.assertRaises(ClientError) as caught:
                self.machine(wrong)
            self.assertEqual("InvalidDefinition", caught.exception.response["Error"]["Code"])
            self.assertIn(said, str(caught.exception))
            properties = {"RoleArn": ROLE, "DefinitionString": json.dumps(wrong)}
            self.assertIn(said, self.reason("AWS::StepFunctions::StateMachine", properties))
        self.machine(good)
        properties = {"RoleArn": ROLE, "DefinitionString": json.dumps(good)}
        self.assertEqual("", self.reason("AWS::StepFunctions::StateMachine", properties))
