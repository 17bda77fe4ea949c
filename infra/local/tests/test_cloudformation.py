"""CloudFormation: resource types that a control plane's template uses.

Pages: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/
"""

from __future__ import annotations

import json
from typing import Any

from tenantry_local import standins

from .cloud import ACCOUNT, REGION, ROLE, CloudTest, until


class StackCase(CloudTest):
    """Stacks for tests."""

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.cloudformation = cls.server.client("cloudformation")

    def deploy(self, stack: str, resources: dict[str, Any], outputs: dict[str, Any] | None = None) -> dict[str, str]:
        """Create or update a stack; the answer is its outputs."""
        template = {
            "Resources": resources,
            "Outputs": {name: {"Value": value} for name, value in (outputs or {}).items()},
        }
        if not template["Outputs"]:
            del template["Outputs"]
        known = [each["StackName"] for each in self.cloudformation.describe_stacks()["Stacks"]]
        change = self.cloudformation.update_stack if stack in known else self.cloudformation.create_stack
        change(StackName=stack, TemplateBody=json.dumps(template), Capabilities=["CAPABILITY_NAMED_IAM"])
        kind = "stack_update_complete" if stack in known else "stack_create_complete"
        self.cloudformation.get_waiter(kind).wait(StackName=stack, WaiterConfig={"Delay": 0.1, "MaxAttempts": 100})
        found = self.cloudformation.describe_stacks(StackName=stack)["Stacks"][0].get("Outputs", [])
        return {each["OutputKey"]: each["OutputValue"] for each in found}

    def remove(self, stack: str) -> None:
        """Delete a stack."""
        self.cloudformation.delete_stack(StackName=stack)
        waiter = self.cloudformation.get_waiter("stack_delete_complete")
        waiter.wait(StackName=stack, WaiterConfig={"Delay": 0.1, "MaxAttempts": 100})


class StackTest(StackCase):
    def test_event_bus_policy(self) -> None:
        """A bus policy's statements appear on the bus, change, and go (aws-resource-events-eventbuspolicy)."""
        stack, bus = self.name("stack"), self.name("bus")
        arn = f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/{bus}"
        statement = {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
            "Action": "events:PutEvents",
            "Resource": arn,
            "Condition": {"StringEquals": {"events:source": "mine"}},
        }

        def policy(sid: str, source: str) -> dict[str, Any]:
            changed = {**statement, "Condition": {"StringEquals": {"events:source": source}}}
            return {
                "Type": "AWS::Events::EventBusPolicy",
                "Properties": {"EventBusName": {"Ref": "Bus"}, "StatementId": sid, "Statement": changed},
            }

        resources = {"Bus": {"Type": "AWS::Events::EventBus", "Properties": {"Name": bus}}}
        self.deploy(stack, {**resources, "One": policy("one", "a"), "Two": policy("two", "b")})
        self.assertEqual(self.statements(bus), {"one": "a", "two": "b"})
        self.deploy(stack, {**resources, "One": policy("one", "c")})
        self.assertEqual(self.statements(bus), {"one": "c"})
        self.deploy(stack, resources)
        self.assertEqual(self.statements(bus), {})
        self.remove(stack)

    def statements(self, bus: str) -> dict[str, str]:
        """The sources that a bus's policy allows, by statement."""
        policy = json.loads(self.events.describe_event_bus(Name=bus).get("Policy") or '{"Statement": []}')
        return {each["Sid"]: each["Condition"]["StringEquals"]["events:source"] for each in policy["Statement"]}

    def test_archive(self) -> None:
        """An archive of a template keeps events, can be changed, and goes with its stack (aws-resource-events-archive)."""
        stack, bus, name = self.name("stack"), self.name("bus"), self.name("archive")

        def resources(days: int) -> dict[str, Any]:
            return {
                "Bus": {"Type": "AWS::Events::EventBus", "Properties": {"Name": bus}},
                "Archive": {
                    "Type": "AWS::Events::Archive",
                    "Properties": {
                        "ArchiveName": name,
                        "SourceArn": {"Fn::GetAtt": ["Bus", "Arn"]},
                        "EventPattern": {"source": ["kept"]},
                        "RetentionDays": days,
                    },
                },
            }

        outputs = {"Arn": {"Fn::GetAtt": ["Archive", "Arn"]}, "Name": {"Ref": "Archive"}}
        found = self.deploy(stack, resources(7), outputs)
        self.assertEqual(found, {"Arn": f"arn:aws:events:{REGION}:{ACCOUNT}:archive/{name}", "Name": name})
        for source in ("kept", "dropped"):
            entry = {"EventBusName": bus, "Source": source, "DetailType": "t", "Detail": "{}"}
            self.events.put_events(Entries=[entry])
        archive = self.events.describe_archive(ArchiveName=name)
        self.assertEqual((archive["EventCount"], archive["RetentionDays"]), (1, 7))
        self.deploy(stack, resources(30), outputs)
        archive = self.events.describe_archive(ArchiveName=name)
        self.assertEqual((archive["EventCount"], archive["RetentionDays"]), (1, 30))
        self.remove(stack)
        self.assertEqual(self.events.list_archives(NamePrefix=name)["Archives"], [])

    def test_project(self) -> None:
        """Every property of a project reaches its record, and its builds (aws-resource-codebuild-project)."""
        stack, name = self.name("stack"), self.name("project")

        def resources(limit: int) -> dict[str, Any]:
            properties = {
                "Name": name,
                "ServiceRole": ROLE,
                "Source": {"Type": "S3", "Location": "bucket/key.zip", "BuildSpec": "a.yml"},
                "Artifacts": {"Type": "NO_ARTIFACTS"},
                "Environment": {
                    "Type": "LINUX_CONTAINER",
                    "ComputeType": "BUILD_GENERAL1_SMALL",
                    "Image": "aws/codebuild/amazonlinux2-x86_64-standard:5.0",
                    "EnvironmentVariables": [{"Name": "A", "Value": "b"}],
                },
                "LogsConfig": {"CloudWatchLogs": {"Status": "ENABLED", "GroupName": f"/{name}"}},
                "TimeoutInMinutes": 15,
                "QueuedTimeoutInMinutes": 30,
                "ConcurrentBuildLimit": limit,
            }
            return {"Project": {"Type": "AWS::CodeBuild::Project", "Properties": properties}}

        self.deploy(stack, resources(2))
        project = self.codebuild.batch_get_projects(names=[name])["projects"][0]
        self.assertEqual(project["source"], {"type": "S3", "location": "bucket/key.zip", "buildspec": "a.yml"})
        self.assertEqual(project["environment"]["environmentVariables"][0], {"name": "A", "value": "b"})
        self.assertEqual(project["logsConfig"], {"cloudWatchLogs": {"status": "ENABLED", "groupName": f"/{name}"}})
        self.assertEqual((project["timeoutInMinutes"], project["queuedTimeoutInMinutes"]), (15, 30))
        self.assertEqual(project["concurrentBuildLimit"], 2)
        build = self.codebuild.start_build(projectName=name)["build"]
        self.assertEqual((build["timeoutInMinutes"], build["queuedTimeoutInMinutes"]), (15, 30))
        self.assertEqual(build["logs"]["groupName"], f"/{name}")
        self.assertEqual(self.built(build["id"])["buildStatus"], "FAILED")
        self.deploy(stack, resources(3))
        project = self.codebuild.batch_get_projects(names=[name])["projects"][0]
        self.assertEqual(project["concurrentBuildLimit"], 3)
        self.remove(stack)

    def test_table(self) -> None:
        """A table's time to live and point-in-time recovery are applied and changed (aws-resource-dynamodb-table)."""
        stack, name = self.name("stack"), self.name("table")

        def resources(**more: Any) -> dict[str, Any]:
            properties = {
                "TableName": name,
                "BillingMode": "PAY_PER_REQUEST",
                "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
                "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
                **more,
            }
            return {"Table": {"Type": "AWS::DynamoDB::Table", "Properties": properties}}

        dynamodb = self.server.client("dynamodb")

        def seen() -> tuple[str, str]:
            backups = dynamodb.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"]
            return (
                dynamodb.describe_time_to_live(TableName=name)["TimeToLiveDescription"]["TimeToLiveStatus"],
                backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"],
            )

        expiry = {"TimeToLiveSpecification": {"AttributeName": "until", "Enabled": True}}
        self.deploy(stack, resources(**expiry))
        self.assertEqual(seen(), ("ENABLED", "DISABLED"))
        recovery = {"PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": "true"}}
        self.deploy(stack, resources(**expiry, **recovery))
        self.assertEqual(seen(), ("ENABLED", "ENABLED"))
        self.deploy(stack, resources(**recovery))
        self.assertEqual(seen(), ("DISABLED", "ENABLED"))
        self.remove(stack)

    def test_table_name(self) -> None:
        """A table whose name is taken fails its stack, and the one that is there stays as it is (aws-properties-name)."""
        stack, name = self.name("stack"), self.name("table")
        dynamodb = self.server.client("dynamodb")
        table = {
            "TableName": name,
            "BillingMode": "PAY_PER_REQUEST",
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
            "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        }
        dynamodb.create_table(**table)
        dynamodb.put_item(TableName=name, Item={"id": {"S": "kept"}})
        template = json.dumps({"Resources": {"Table": {"Type": "AWS::DynamoDB::Table", "Properties": table}}})
        self.cloudformation.create_stack(StackName=stack, TemplateBody=template)

        def rolled_back() -> bool:
            found = self.cloudformation.describe_stacks(StackName=stack)["Stacks"][0]
            return found["StackStatus"] == "ROLLBACK_COMPLETE"

        until(rolled_back, f"the end of {stack}")
        events = self.cloudformation.describe_stack_events(StackName=stack)["StackEvents"]
        reasons = [each.get("ResourceStatusReason", "") for each in events if each["LogicalResourceId"] == "Table"]
        taken = f"Resource of type 'AWS::DynamoDB::Table' with identifier '{name}' already exists."
        self.assertIn(taken, reasons)
        self.remove(stack)
        self.assertEqual(dynamodb.scan(TableName=name)["Items"], [{"id": {"S": "kept"}}])

    def test_stand_ins(self) -> None:
        """Every listed stand-in deploys, answers Ref and GetAtt, says so in the log, and goes (aws-template-resource-type-ref)."""
        stack = self.name("stack")
        resources = {
            kind.replace("AWS::", "").replace("::", ""): {"Type": kind, "Properties": {}} for kind in standins.STAND_INS
        }
        resources["EventSchemasSchema"]["Properties"] = {"RegistryName": "r", "SchemaName": "s", "Type": "OpenApi3"}
        outputs = {name: {"Ref": name} for name in resources}
        outputs["SchemaArn"] = {"Fn::GetAtt": ["EventSchemasSchema", "SchemaArn"]}
        found = self.deploy(stack, resources, outputs)
        self.assertEqual(found["SchemaArn"], f"arn:aws:schemas:{REGION}:{ACCOUNT}:schema/r/s")
        self.assertEqual(len(found), len(resources) + 1)
        log = self.server.log.read_text()
        for kind in standins.STAND_INS:
            self.assertIn(f"{kind} (", log)
        self.remove(stack)
