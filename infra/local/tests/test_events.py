"""EventBridge and asynchronous Lambda: what is refused, retried, and kept when it cannot be delivered.

Pages are named by the last part of their address, under
https://docs.aws.amazon.com/eventbridge/latest/userguide/ and (API_) /APIReference/,
and https://docs.aws.amazon.com/lambda/latest/dg/ (lambda/).
"""

from __future__ import annotations

import json
import sys
import threading
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from .cloud import ACCOUNT, REGION, ROLE, CloudTest, until, zipped

#: A function that writes down each attempt, and fails unless a file says that it may succeed.
HANDLER = """
import os
def handler(event, context):
    with open(os.environ["NOTE"], "a") as out:
        out.write(event["id"] + "\\n")
    if not os.path.exists(os.environ["NOTE"] + ".ok"):
        raise ValueError("not yet")
"""

#: A runtime of its own, which answers with what it is told of its logs.
BOOTSTRAP = f"""#!{sys.executable}
import json, os, urllib.request
api = "http://" + os.environ["AWS_LAMBDA_RUNTIME_API"] + "/2018-06-01/runtime/invocation/"
told = [os.environ.get("AWS_LAMBDA_LOG_FORMAT"), os.environ.get("AWS_LAMBDA_LOG_LEVEL")]
while True:
    event = urllib.request.urlopen(api + "next")
    answer = api + event.headers["Lambda-Runtime-Aws-Request-Id"] + "/response"
    urllib.request.urlopen(answer, json.dumps(told).encode())
"""


class EventTest(CloudTest):
    def put(self, source: str, **entry: Any) -> None:
        """Send one event, which has to be accepted."""
        answer = self.events.put_events(Entries=[{"Source": source, "DetailType": "t", "Detail": "{}", **entry}])
        self.assertEqual(answer["FailedEntryCount"], 0)

    def endpoint(self, *statuses: int) -> tuple[str, list[bytes]]:
        """An API destination that answers these statuses, the last one again and again, and what it was sent."""
        bodies: list[bytes] = []

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                bodies.append(self.rfile.read(int(self.headers["content-length"])))
                self.send_response(statuses[min(len(bodies), len(statuses)) - 1])
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        http = HTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=http.serve_forever, daemon=True).start()
        self.addCleanup(http.server_close)
        self.addCleanup(http.shutdown)
        name = self.name("destination")
        connection = self.events.create_connection(
            Name=name,
            AuthorizationType="API_KEY",
            AuthParameters={"ApiKeyAuthParameters": {"ApiKeyName": "x-key", "ApiKeyValue": "value"}},
        )["ConnectionArn"]
        arn: str = self.events.create_api_destination(
            Name=name,
            ConnectionArn=connection,
            InvocationEndpoint=f"http://127.0.0.1:{http.server_port}/",
            HttpMethod="POST",
        )["ApiDestinationArn"]
        return arn, bodies

    def function(self, allowed: bool = True, **more: Any) -> tuple[str, Path]:
        """A function of HANDLER, and where it writes."""
        path = self.folder() / "note"
        name = self.name("function")
        arn: str = self.functions.create_function(
            FunctionName=name,
            Runtime=f"python{sys.version_info.major}.{sys.version_info.minor}",
            Role=ROLE,
            Handler="index.handler",
            Code={"ZipFile": zipped({"index.py": HANDLER})},
            Environment={"Variables": {"NOTE": str(path)}},
            **more,
        )["FunctionArn"]
        if allowed:
            self.functions.add_permission(
                FunctionName=name,
                StatementId="events",
                Action="lambda:InvokeFunction",
                Principal="events.amazonaws.com",
            )
        self.addCleanup(self.functions.delete_function, FunctionName=name)
        return arn, path


def attributes(message: dict[str, Any]) -> dict[str, str]:
    """A message's attributes."""
    return {name: value["StringValue"] for name, value in message.get("MessageAttributes", {}).items()}


class PutEventsTest(EventTest):
    def test_refused_entries(self) -> None:
        """Entries fail one by one with AWS's codes, the rest are delivered (API_PutEventsResultEntry)."""
        url, queue = self.queue()
        source = self.name("source")
        self.rule({"source": [source]}, {"Arn": queue})
        good = {"Source": source, "DetailType": "t", "Detail": '{"n": 1}'}
        cases = [
            (good, None),
            ({**good, "Detail": "[1]"}, "MalformedDetail"),
            ({**good, "Detail": "{"}, "MalformedDetail"),
            ({"Source": source, "DetailType": "t"}, "InvalidArgument"),
            ({"Source": source, "Detail": "{}"}, "InvalidArgument"),
            ({"DetailType": "t", "Detail": "{}"}, "InvalidArgument"),
            ({**good, "Source": "aws.mine"}, "NotAuthorizedForSourceException"),
            ({**good, "Detail": '{"n": 2}'}, None),
        ]
        answer = self.events.put_events(Entries=[entry for entry, _ in cases])
        self.assertEqual([entry.get("ErrorCode") for entry in answer["Entries"]], [code for _, code in cases])
        self.assertEqual(answer["FailedEntryCount"], 6)
        bodies = [json.loads(message["Body"]) for message in self.messages(url, 2)]
        self.assertEqual(sorted(body["detail"]["n"] for body in bodies), [1, 2])
        self.assertEqual(
            {body["id"] for body in bodies}, {answer["Entries"][0]["EventId"], answer["Entries"][7]["EventId"]}
        )

    def test_refused_requests(self) -> None:
        """No entry, 11 entries, or more than 1 MB of them refuse the whole request (API_PutEvents, eb-putevents)."""
        entry = {"Source": "s", "DetailType": "t", "Detail": "{}"}
        large = {**entry, "Detail": json.dumps({"x": "y" * (600 << 10)})}
        unchecked = self.server.client("events", parameter_validation=False)
        for entries in ([], [entry] * 11, [large, large]):
            with self.assertRaises(ClientError) as caught:
                unchecked.put_events(Entries=entries)
            self.assertEqual(caught.exception.response["Error"]["Code"], "ValidationException")
        self.assertEqual(self.events.put_events(Entries=[large])["FailedEntryCount"], 0)


class ReplayTest(EventTest):
    def test_rules_of_a_replay(self) -> None:
        """A replay goes to the rules in FilterArns and to no other, with its name (API_ReplayDestination)."""
        source, name, bus = self.name("source"), self.name("replay"), f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/default"
        (chosen, chosen_queue), (other, other_queue) = self.queue(), self.queue()
        rule = self.rule({"source": [source]}, {"Arn": chosen_queue})
        self.rule({"source": [source]}, {"Arn": other_queue})
        pattern = json.dumps({"source": [source]})
        archive = self.events.create_archive(ArchiveName=name, EventSourceArn=bus, EventPattern=pattern)["ArchiveArn"]
        self.addCleanup(self.events.delete_archive, ArchiveName=name)
        self.put(source)
        live = [self.messages(chosen), self.messages(other)]
        self.assertEqual([len(messages) for messages in live], [1, 1])
        now = datetime.now(timezone.utc)
        self.events.start_replay(
            ReplayName=name,
            EventSourceArn=archive,
            EventStartTime=now - timedelta(hours=1),
            EventEndTime=now + timedelta(hours=1),
            Destination={"Arn": bus, "FilterArns": [rule]},
        )
        until(lambda: self.events.describe_replay(ReplayName=name)["State"] == "COMPLETED", "the replay")
        replayed = self.messages(chosen)
        self.assertEqual([json.loads(message["Body"])["replay-name"] for message in replayed], [name])
        self.assertEqual(self.sqs.receive_message(QueueUrl=other).get("Messages", []), [])


class DeliveryTest(EventTest):
    def test_a_failed_delivery_is_tried_again(self) -> None:
        """A target that answers 500 gets the event again until it takes it (eb-rule-retry-policy)."""
        source = self.name("source")
        arn, bodies = self.endpoint(500, 503, 200)
        url, dead = self.queue()
        self.rule({"source": [source]}, {"Arn": arn, "RoleArn": ROLE, "DeadLetterConfig": {"Arn": dead}})
        self.put(source)
        until(lambda: len(bodies) == 3, "three attempts")
        self.assertEqual(len(set(bodies)), 1)
        self.assertEqual(self.sqs.receive_message(QueueUrl=url).get("Messages", []), [])

    def test_attempts_run_out(self) -> None:
        """After MaximumRetryAttempts the event goes to the dead-letter queue, with its attributes (eb-rule-dlq)."""
        source = self.name("source")
        arn, bodies = self.endpoint(500)
        url, dead = self.queue()
        policy = {"MaximumRetryAttempts": 2, "MaximumEventAgeInSeconds": 3600}
        rule = self.rule(
            {"source": [source]},
            {
                "Arn": arn,
                "RoleArn": ROLE,
                "DeadLetterConfig": {"Arn": dead},
                "RetryPolicy": policy,
                "Input": '{"not": "this"}',
            },
        )
        self.put(source, Detail='{"a": 1}')
        message = self.messages(url)[0]
        self.assertEqual(len(bodies), 3)
        found = attributes(message)
        self.assertIn("500", found.pop("ERROR_MESSAGE"))
        self.assertEqual(
            found,
            {
                "RULE_ARN": rule,
                "TARGET_ARN": arn,
                "ERROR_CODE": "ERROR_FROM_TARGET",
                "RETRY_ATTEMPTS": "2",
                "EXHAUSTED_RETRY_CONDITION": "MaximumRetryAttempts",
            },
        )
        event = json.loads(message["Body"])
        self.assertEqual((event["source"], event["detail"]), (source, {"a": 1}))

    def test_time_runs_out(self) -> None:
        """After MaximumEventAgeInSeconds the event goes to the dead-letter queue (eb-rule-retry-policy)."""
        source = self.name("source")
        arn, _ = self.endpoint(500)
        url, dead = self.queue()
        policy = {"MaximumRetryAttempts": 185, "MaximumEventAgeInSeconds": 60}
        self.rule(
            {"source": [source]},
            {"Arn": arn, "RoleArn": ROLE, "DeadLetterConfig": {"Arn": dead}, "RetryPolicy": policy},
        )
        self.put(source)
        found = attributes(self.messages(url)[0])
        self.assertEqual(found["EXHAUSTED_RETRY_CONDITION"], "MaximumEventAgeInSeconds")
        self.assertGreater(int(found["RETRY_ATTEMPTS"]), 1)

    def test_no_retry_for_what_does_not_mend_itself(self) -> None:
        """A target that is not there, or does not let EventBridge in, leads straight to the dead-letter queue (eb-rule-dlq)."""
        closed_function, note = self.function(allowed=False)
        _, closed_queue = self.queue(open_to_events=False)
        missing = f"arn:aws:{{}}:{REGION}:{ACCOUNT}:{{}}"
        cases = {
            missing.format("lambda", "function:not-there"): "NO_RESOURCE",
            missing.format("states", "stateMachine:not-there"): "NO_RESOURCE",
            missing.format("sqs", "not-there"): "NO_RESOURCE",
            missing.format("sns", "not-there"): "NO_RESOURCE",
            missing.format("events", "event-bus/not-there"): "NO_RESOURCE",
            closed_function: "NO_PERMISSIONS",
            closed_queue: "NO_PERMISSIONS",
        }
        source = self.name("source")
        url, dead = self.queue()
        self.rule(
            {"source": [source]},
            *({"Arn": arn, "RoleArn": ROLE, "DeadLetterConfig": {"Arn": dead}} for arn in list(cases)[:5]),
        )
        self.rule(
            {"source": [source]},
            *({"Arn": arn, "RoleArn": ROLE, "DeadLetterConfig": {"Arn": dead}} for arn in list(cases)[5:]),
        )
        self.put(source)
        found = [attributes(message) for message in self.messages(url, len(cases))]
        self.assertEqual({each["TARGET_ARN"]: each["ERROR_CODE"] for each in found}, cases)
        self.assertEqual({each["RETRY_ATTEMPTS"] for each in found}, {"0"})
        self.assertFalse(any("EXHAUSTED_RETRY_CONDITION" in each for each in found))
        self.assertFalse(note.exists())

    def test_permission_for_another_rule(self) -> None:
        """A function's permission with a source ARN is for that rule only (eb-use-resource-based)."""
        arn, note = self.function(allowed=False)
        Path(f"{note}.ok").touch()
        source = self.name("source")
        url, dead = self.queue()
        target = {"Arn": arn, "DeadLetterConfig": {"Arn": dead}}
        ours = self.rule({"source": [source]}, target)
        other = self.rule({"source": [source]}, target)
        self.functions.add_permission(
            FunctionName=arn,
            StatementId="one",
            Action="lambda:InvokeFunction",
            Principal="events.amazonaws.com",
            SourceArn=ours,
        )
        self.put(source)
        self.assertEqual(attributes(self.messages(url)[0])["RULE_ARN"], other)
        until(note.exists, "the function to run for the other")

    def test_state_machine_gets_its_input(self) -> None:
        """A state machine target starts with the event, or its transformed input, as input (eb-targets)."""
        machine = self.machine({"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}})
        source = self.name("source")
        transformer = {"InputPathsMap": {"n": "$.detail.n"}, "InputTemplate": '{"number": <n>}'}
        self.rule({"source": [source]}, {"Arn": machine, "RoleArn": ROLE, "InputTransformer": transformer})
        self.put(source, Detail='{"n": 7}')
        executions = until(lambda: self.states.list_executions(stateMachineArn=machine)["executions"], "the execution")
        self.assertEqual(json.loads(self.ended(executions[0]["executionArn"])["output"]), {"number": 7})


class FunctionTest(EventTest):
    def test_a_functions_error_is_not_the_rules(self) -> None:
        """A function that fails is tried twice more by Lambda, then its own destination is told (lambda/invocation-async-error-handling)."""
        arn, note = self.function()
        url, failed = self.queue()
        self.functions.put_function_event_invoke_config(
            FunctionName=arn, DestinationConfig={"OnFailure": {"Destination": failed}}
        )
        rule_url, dead = self.queue()
        source = self.name("source")
        self.rule({"source": [source]}, {"Arn": arn, "DeadLetterConfig": {"Arn": dead}})
        self.put(source)
        record = json.loads(self.messages(url)[0]["Body"])
        self.assertEqual(len(note.read_text().split()), 3)
        self.assertEqual(record["requestContext"]["condition"], "RetriesExhausted")
        self.assertEqual(record["requestContext"]["approximateInvokeCount"], 3)
        self.assertEqual(record["requestPayload"]["source"], source)
        self.assertEqual(record["responsePayload"]["errorMessage"], "not yet")
        self.assertEqual(self.sqs.receive_message(QueueUrl=rule_url).get("Messages", []), [])

    def test_a_function_knows_its_log_format(self) -> None:
        """JSON and a level where the function asks for them, text otherwise (lambda/monitoring-cloudwatchlogs-logformat)."""
        for logging, told in [("Text", ["Text", None]), ("JSON", ["JSON", "INFO"])]:
            name = self.functions.create_function(
                FunctionName=self.name("function"),
                Runtime="provided.al2023",
                Role=ROLE,
                Handler="bootstrap",
                Code={"ZipFile": zipped({"bootstrap": BOOTSTRAP})},
                LoggingConfig={"LogFormat": logging},
            )["FunctionName"]
            self.addCleanup(self.functions.delete_function, FunctionName=name)
            answer = self.functions.invoke(FunctionName=name, Payload=b"{}")
            self.assertEqual(json.loads(answer["Payload"].read()), told)

    def test_attempts_of_a_function(self) -> None:
        """MaximumRetryAttempts 0 is one attempt; the dead-letter queue gets the event itself (lambda/invocation-async-retain-records)."""
        url, dead = self.queue()
        arn, note = self.function(DeadLetterConfig={"TargetArn": dead})
        self.functions.put_function_event_invoke_config(FunctionName=arn, MaximumRetryAttempts=0)
        self.functions.invoke(FunctionName=arn, InvocationType="Event", Payload=b'{"id": "x"}')
        message = self.messages(url)[0]
        self.assertEqual(json.loads(message["Body"]), {"id": "x"})
        self.assertEqual(attributes(message)["ErrorMessage"], "not yet")
        self.assertEqual(note.read_text().split(), ["x"])

    def test_a_retry_that_succeeds(self) -> None:
        """A function that succeeds at a later attempt tells no destination of a failure (lambda/invocation-async-error-handling)."""
        arn, note = self.function()
        url, done = self.queue()
        failed_url, failed = self.queue()
        destinations = {"OnSuccess": {"Destination": done}, "OnFailure": {"Destination": failed}}
        self.functions.put_function_event_invoke_config(FunctionName=arn, DestinationConfig=destinations)
        self.functions.invoke(FunctionName=arn, InvocationType="Event", Payload=b'{"id": "x"}')
        until(note.exists, "the first attempt")
        Path(f"{note}.ok").touch()
        self.assertEqual(json.loads(self.messages(url)[0]["Body"])["requestContext"]["condition"], "Success")
        self.assertEqual(self.sqs.receive_message(QueueUrl=failed_url).get("Messages", []), [])

    def test_throttled_events_wait(self) -> None:
        """An event that finds no free concurrency stays in the queue and loses no attempt (lambda/invocation-async-error-handling)."""
        arn, note = self.function()
        Path(f"{note}.ok").touch()
        self.functions.put_function_concurrency(FunctionName=arn, ReservedConcurrentExecutions=1)
        self.functions.put_function_event_invoke_config(FunctionName=arn, MaximumRetryAttempts=0)
        for index in range(5):
            self.functions.invoke(FunctionName=arn, InvocationType="Event", Payload=json.dumps({"id": f"n{index}"}))
        until(lambda: note.exists() and len(note.read_text().split()) == 5, "all events")
        self.assertEqual(sorted(note.read_text().split()), sorted(f"n{index}" for index in range(5)))
