"""Nested stacks: what a parent passes, gets back, and does when a child fails.

Pages: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-nested-stacks.html,
.../TemplateReference/aws-resource-cloudformation-stack.html
"""

from __future__ import annotations

import json
import time
from typing import Any

from .cloud import CloudTest

_BUCKET = "nested-templates"


class NestedTest(CloudTest):
    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.cloudformation = cls.server.client("cloudformation")
        cls.s3 = cls.server.client("s3")
        cls.s3.create_bucket(Bucket=_BUCKET)

    def url(self, template: dict[str, Any]) -> str:
        """Where a child's template is."""
        key = self.name("template")
        self.s3.put_object(Bucket=_BUCKET, Key=key, Body=json.dumps(template).encode())
        return f"{self.server.endpoint}/{_BUCKET}/{key}"

    def root(self, stacks: dict[str, dict[str, Any]], outputs: dict[str, Any] | None = None) -> str:
        """A parent of children, each with TemplateURL and Parameters."""
        resources = {name: {"Type": "AWS::CloudFormation::Stack", "Properties": props} for name, props in stacks.items()}
        parameters = {"Names": {"Type": "CommaDelimitedList", "Default": "a,b"}}
        values = {name: {"Value": value} for name, value in (outputs or {}).items()}
        return json.dumps({"Parameters": parameters, "Resources": resources, **({"Outputs": values} if values else {})})

    def settled(self, stack: str) -> dict[str, Any]:
        """The stack, once nothing is under way any more."""
        while True:
            found: dict[str, Any] = self.cloudformation.describe_stacks(StackName=stack)["Stacks"][0]
            if not found["StackStatus"].endswith("_IN_PROGRESS"):
                return found
            time.sleep(0.05)

    def create(self, template: str) -> dict[str, Any]:
        stack = self.name("parent")
        id = self.cloudformation.create_stack(StackName=stack, TemplateBody=template)["StackId"]
        return self.settled(id)

    def update(self, stack: str, template: str) -> dict[str, Any]:
        self.cloudformation.update_stack(StackName=stack, TemplateBody=template)
        return self.settled(stack)

    def queues(self, prefix: str) -> list[str]:
        found = self.sqs.list_queues(QueueNamePrefix=prefix).get("QueueUrls", [])
        return sorted(url.rsplit("/", 1)[1] for url in found)

    def child(self, parent: str, logical_id: str) -> str:
        resource = self.cloudformation.describe_stack_resource(StackName=parent, LogicalResourceId=logical_id)
        id: str = resource["StackResourceDetail"]["PhysicalResourceId"]
        return id

    def of_queue(self, more: dict[str, Any] | None = None) -> dict[str, Any]:
        """A child with a queue of the name that it is given."""
        queue = {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": {"Ref": "Name"}, "VisibilityTimeout": {"Ref": "Seconds"}}}
        return {
            "Parameters": {
                "Name": {"Type": "String"},
                "Seconds": {"Type": "Number", "Default": 30},
                "Names": {"Type": "CommaDelimitedList", "Default": ""},
            },
            "Resources": {"Queue": queue, **(more or {})},
            "Outputs": {
                "Arn": {"Value": {"Fn::GetAtt": ["Queue", "Arn"]}},
                "Names": {"Value": {"Fn::Join": ["|", {"Ref": "Names"}]}},
            },
        }

    def seconds(self, queue: str) -> int:
        url = self.sqs.get_queue_url(QueueName=queue)["QueueUrl"]
        return int(self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["VisibilityTimeout"])["Attributes"]["VisibilityTimeout"])

    def test_parameters_go_down_and_outputs_come_up(self) -> None:
        """"use the Fn::GetAtt function with NestedStack.Outputs.OutputName"; a list is passed joined."""
        name = self.name("queue")
        parameters = {"Name": name, "Names": {"Fn::Join": [",", {"Ref": "Names"}]}}
        first = {"TemplateURL": self.url(self.of_queue()), "Parameters": parameters}
        second = {
            "TemplateURL": self.url(self.of_queue()),
            "Parameters": {"Name": f"{name}-2", "Names": {"Fn::GetAtt": ["First", "Outputs.Arn"]}},
        }
        outputs = {"Arn": {"Fn::GetAtt": ["Second", "Outputs.Names"]}, "Names": {"Fn::Sub": "${First.Outputs.Names}!"}}
        parent = self.create(self.root({"First": first, "Second": second}, outputs))
        found = {each["OutputKey"]: each["OutputValue"] for each in parent["Outputs"]}
        self.assertEqual(found["Names"], "a|b!")
        self.assertTrue(found["Arn"].endswith(f":{name}"), found)

    def test_a_childs_template_is_transformed(self) -> None:
        """A nested template may have a Transform (CAPABILITY_AUTO_EXPAND on the parent)."""
        machine = {
            "Type": "AWS::Serverless::StateMachine",
            "Properties": {
                "Definition": {"StartAt": "A", "States": {"A": {"Type": "Succeed"}}},
                "Role": "arn:aws:iam::123456789012:role/any",
                "Name": {"Ref": "Name"},
            },
        }
        template = {"Transform": "AWS::Serverless-2016-10-31", **self.of_queue({"Machine": machine})}
        name = self.name("transformed")
        parent = self.create(self.root({"Child": {"TemplateURL": self.url(template), "Parameters": {"Name": name}}}))
        self.assertEqual(parent["StackStatus"], "CREATE_COMPLETE")
        self.assertIn(name, [each["name"] for each in self.states.list_state_machines()["stateMachines"]])

    def test_an_update_changes_what_is_there(self) -> None:
        """"Parameters: Update requires: No interruption"; what a child does not change, it keeps."""
        name = self.name("queue")
        child = {"TemplateURL": self.url(self.of_queue()), "Parameters": {"Name": name}}
        parent = self.create(self.root({"Child": child}))
        before = self.child(parent["StackId"], "Child")
        child["Parameters"]["Seconds"] = "31"
        parent = self.update(parent["StackId"], self.root({"Child": child}))
        self.assertEqual((parent["StackStatus"], self.seconds(name)), ("UPDATE_COMPLETE", 31))
        self.assertEqual(self.child(parent["StackId"], "Child"), before)

    def test_a_failed_creation_leaves_nothing_and_says_where(self) -> None:
        """A child that fails takes its parent back; the event names the child, whose own events say why."""
        bad = {
            "Bad": {
                "Type": "AWS::Events::EventBusPolicy",
                "DependsOn": "Queue",
                "Properties": {"EventBusName": "nobodys", "StatementId": "x"},
            }
        }
        name = self.name("queue")
        good = {"TemplateURL": self.url(self.of_queue()), "Parameters": {"Name": f"{name}-good"}}
        failing = {"TemplateURL": self.url(self.of_queue(bad)), "Parameters": {"Name": name}}
        parent = self.create(self.root({"Bad": failing, "Good": good}))
        self.assertEqual(parent["StackStatus"], "ROLLBACK_COMPLETE")
        self.assertEqual(self.queues(name), [])
        events = self.cloudformation.describe_stack_events(StackName=parent["StackId"])["StackEvents"]
        failed = next(e for e in events if e["ResourceStatus"] == "CREATE_FAILED")
        self.assertIn("was not successfully created: The following resource(s) failed to create: [Bad].", failed["ResourceStatusReason"])
        own = self.cloudformation.describe_stack_events(StackName=failed["PhysicalResourceId"])["StackEvents"]
        why = [e.get("ResourceStatusReason", "") for e in own if e["ResourceStatus"] == "CREATE_FAILED"]
        self.assertTrue(any("nobodys" in reason for reason in why), why)

    def test_a_failed_update_takes_everything_back(self) -> None:
        """Of a child that fails, and of those that had succeeded before it."""
        name = self.name("queue")
        first = {"TemplateURL": self.url(self.of_queue()), "Parameters": {"Name": f"{name}-1"}}
        second = {
            "TemplateURL": self.url(self.of_queue()),
            "Parameters": {"Name": f"{name}-2", "Names": {"Fn::GetAtt": ["First", "Outputs.Arn"]}},
        }
        parent = self.create(self.root({"First": first, "Second": second}))
        self.assertEqual(parent["StackStatus"], "CREATE_COMPLETE")
        first["Parameters"]["Seconds"] = "31"
        second["Parameters"]["Seconds"] = "32"
        bad = {
            "New": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": f"{name}-new"}, "DependsOn": "Queue"},
            "Bad": {
                "Type": "AWS::Events::EventBusPolicy",
                "DependsOn": "New",
                "Properties": {"EventBusName": "nobodys", "StatementId": "x"},
            },
        }
        second["TemplateURL"] = self.url(self.of_queue(bad))
        parent = self.update(parent["StackId"], self.root({"First": first, "Second": second}))
        self.assertEqual(parent["StackStatus"], "UPDATE_ROLLBACK_COMPLETE")
        self.assertEqual(self.queues(name), [f"{name}-1", f"{name}-2"])
        self.assertEqual((self.seconds(f"{name}-1"), self.seconds(f"{name}-2")), (30, 30))
        # And goes on from there.
        second["TemplateURL"] = self.url(self.of_queue())
        parent = self.update(parent["StackId"], self.root({"First": first, "Second": second}))
        self.assertEqual((self.seconds(f"{name}-1"), self.seconds(f"{name}-2")), (31, 32))

    def test_a_child_that_is_no_longer_there_is_deleted(self) -> None:
        """With everything in it, as any resource that a template has no longer."""
        name = self.name("queue")
        url = self.url(self.of_queue())
        children = {each: {"TemplateURL": url, "Parameters": {"Name": f"{name}-{each}"}} for each in ("A", "B")}
        parent = self.create(self.root(children))
        del children["B"]
        self.update(parent["StackId"], self.root(children))
        self.assertEqual(self.queues(name), [f"{name}-A"])
        self.cloudformation.delete_stack(StackName=parent["StackId"])
        self.assertEqual(self.settled(parent["StackId"])["StackStatus"], "DELETE_COMPLETE")
        self.assertEqual(self.queues(name), [])

    def test_what_is_protected_in_a_child_keeps_its_parent(self) -> None:
        """A resource that cannot be deleted fails the deletion of the child, and so of the parent."""
        table = {
            "Type": "AWS::DynamoDB::Table",
            "Properties": {
                "TableName": {"Ref": "Name"},
                "BillingMode": "PAY_PER_REQUEST",
                "DeletionProtectionEnabled": True,
                "AttributeDefinitions": [{"AttributeName": "k", "AttributeType": "S"}],
                "KeySchema": [{"AttributeName": "k", "KeyType": "HASH"}],
            },
        }
        name = self.name("protected")
        url = self.url(self.of_queue({"Table": table}))
        parent = self.create(self.root({"Child": {"TemplateURL": url, "Parameters": {"Name": name}}}))
        self.cloudformation.delete_stack(StackName=parent["StackId"])
        settled = self.settled(parent["StackId"])
        self.assertEqual(settled["StackStatus"], "DELETE_FAILED")
        dynamodb = self.server.client("dynamodb")
        self.assertEqual(dynamodb.describe_table(TableName=name)["Table"]["TableStatus"], "ACTIVE")
        dynamodb.update_table(TableName=name, DeletionProtectionEnabled=False)
        self.cloudformation.delete_stack(StackName=parent["StackId"])
        self.assertEqual(self.settled(parent["StackId"])["StackStatus"], "DELETE_COMPLETE")
