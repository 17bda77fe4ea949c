"""The saved state: what outlives a SIGKILL, and what does not go on after it."""

from __future__ import annotations

import json
import sys
import unittest
from typing import Any

from .cloud import ACCOUNT, REGION, ROLE, Server, alive, until, zipped
from .test_builds import WAITS, note
from .test_process import FUNCTION

#: Fails as long as a table has no item that lets it pass; then it leaves a trace in the same table.
WAITS_FOR_ITEM = """
import boto3, os
def handler(event, context):
    table = boto3.client("dynamodb", endpoint_url=os.environ["AWS_ENDPOINT_URL"])
    if "Item" not in table.get_item(TableName="traces", Key={"id": {"S": "open"}}):
        raise RuntimeError("not yet")
    table.put_item(TableName="traces", Item={"id": {"S": event["detail"]["trace"]}})
"""


class KilledTest(unittest.TestCase):
    def setUp(self) -> None:
        self.server = Server(
            TENANTRY_LOCAL_STATE="state", TENANTRY_LOCAL_BUILD_MINUTE="60", TENANTRY_LOCAL_RETRY_SCALE="0.05"
        )
        self.addCleanup(self.server.stop)

    def client(self, service: str) -> Any:
        return self.server.client(service)

    def traces(self) -> None:
        self.client("dynamodb").create_table(
            TableName="traces",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )

    def put(self, detail: dict[str, Any]) -> None:
        """Send an event; what its answer says is saved, and everything before it."""
        entry = {"Source": "test", "DetailType": "test", "Detail": json.dumps(detail)}
        self.assertEqual(self.client("events").put_events(Entries=[entry])["FailedEntryCount"], 0)

    def test_what_was_accepted_is_there_again(self) -> None:
        """Tables, objects, queues, rules and functions with their code are as they were when an event was accepted."""
        self.traces()
        for number in range(50):
            self.client("dynamodb").put_item(TableName="traces", Item={"id": {"S": str(number)}})
        self.client("s3").create_bucket(Bucket="objects")
        self.client("s3").put_object(Bucket="objects", Key="large", Body=b"x" * 2_000_000)
        url = self.client("sqs").create_queue(QueueName="letters")["QueueUrl"]
        self.client("sqs").send_message(QueueUrl=url, MessageBody="hello")
        self.client("events").put_rule(Name="rule", EventPattern='{"source": ["test"]}')
        self.function("pid", FUNCTION)
        self.put({})
        self.server.kill()
        self.server.start()
        self.assertEqual(self.client("dynamodb").scan(TableName="traces", Select="COUNT")["Count"], 50)
        body = self.client("s3").get_object(Bucket="objects", Key="large")["Body"].read()
        self.assertEqual(body, b"x" * 2_000_000)
        self.assertEqual(self.client("sqs").receive_message(QueueUrl=url)["Messages"][0]["Body"], "hello")
        self.assertEqual(self.client("events").list_rules()["Rules"][0]["Name"], "rule")
        self.assertGreater(int(self.client("lambda").invoke(FunctionName="pid")["Payload"].read()), 0)

    def test_an_accepted_event_arrives(self) -> None:
        """An event that a function had not handled is handled after the start, although nobody sends it again."""
        self.traces()
        arn = self.function("waits", WAITS_FOR_ITEM)
        rule = self.client("events").put_rule(Name="rule", EventPattern='{"source": ["test"]}')["RuleArn"]
        self.client("events").put_targets(Rule="rule", Targets=[{"Id": "1", "Arn": arn}])
        self.client("lambda").add_permission(
            FunctionName="waits",
            StatementId="rule",
            Action="lambda:InvokeFunction",
            Principal="events.amazonaws.com",
            SourceArn=rule,
        )
        self.put({"trace": "arrived"})
        self.server.kill()
        self.server.start()
        dynamodb = self.client("dynamodb")
        dynamodb.put_item(TableName="traces", Item={"id": {"S": "open"}})
        until(
            lambda: "Item" in dynamodb.get_item(TableName="traces", Key={"id": {"S": "arrived"}}), "the event to arrive"
        )

    def test_what_was_under_way_has_failed(self) -> None:
        """A build's processes die with the cloud; afterwards the build and the execution that waited for it have failed."""
        self.client("codebuild").create_project(
            name="waits",
            source={"type": "NO_SOURCE", "buildspec": WAITS},
            artifacts={"type": "NO_ARTIFACTS"},
            environment={"type": "LINUX_CONTAINER", "image": "any", "computeType": "BUILD_GENERAL1_SMALL"},
            serviceRole=ROLE,
        )
        path = self.server.folder / "note"
        arguments = {
            "ProjectName": "waits",
            "EnvironmentVariablesOverride": [{"Name": "NOTE", "Value": str(path)}],
        }
        resource = "arn:aws:states:::codebuild:startBuild.sync"
        state = {"Type": "Task", "Resource": resource, "Parameters": arguments, "End": True}
        machine = self.client("stepfunctions").create_state_machine(
            name="m", definition=json.dumps({"StartAt": "Build", "States": {"Build": state}}), roleArn=ROLE
        )["stateMachineArn"]
        execution = self.client("stepfunctions").start_execution(stateMachineArn=machine)["executionArn"]
        processes = note(path)
        self.put({})
        self.server.kill()
        until(lambda: not any(map(alive, processes)), "the build's processes to die")
        self.server.start()
        ended = self.client("stepfunctions").describe_execution(executionArn=execution)
        self.assertEqual((ended["status"], ended["error"]), ("FAILED", "States.ServiceRestart"))
        builds = self.client("codebuild").list_builds()["ids"]
        build = self.client("codebuild").batch_get_builds(ids=builds)["builds"][0]
        self.assertEqual((build["buildStatus"], build["buildComplete"]), ("FAULT", True))
        events = self.client("stepfunctions").get_execution_history(executionArn=execution)["events"]
        self.assertEqual(events[-1]["type"], "ExecutionFailed")

    def function(self, name: str, code: str) -> str:
        arn: str = self.client("lambda").create_function(
            FunctionName=name,
            Runtime=f"python{sys.version_info.major}.{sys.version_info.minor}",
            Role=ROLE,
            Handler="index.handler",
            Code={"ZipFile": zipped({"index.py": code})},
        )["FunctionArn"]
        self.assertEqual(arn, f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}")
        return arn
