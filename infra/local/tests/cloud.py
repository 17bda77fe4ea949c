"""One local cloud for all tests, and what they need of it."""

from __future__ import annotations

import atexit
import io
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import boto3
from botocore.config import Config

ACCOUNT = "123456789012"
REGION = "us-east-1"
#: A role that everybody may take on, and that may do everything: for tests of what is not about permissions.
ROLE = f"arn:aws:iam::{ACCOUNT}:role/any"
#: A minute of a build's time limits, in seconds.
BUILD_MINUTE = 0.25
BUILD_SLOTS = 3
#: What no test may wait longer for, in seconds.
PATIENCE = 15.0

#: The credentials of every cloud of this process.
KEY = f"LKIA{''.join(secrets.choice('ABCDEFGHIJKLMNOPQRSTUVWXYZ234567') for _ in range(16))}"
SECRET = secrets.token_urlsafe(30)

_ROOT = Path(__file__).resolve().parent.parent
T = TypeVar("T")


class Server:
    """A local cloud in a process of its own, on a free port."""

    def __init__(self, **more: str) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="tenantry-local-test-"))
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.endpoint = f"http://127.0.0.1:{self.port}"
        self._environment = {
            "PATH": f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin",
            "HOME": str(self.folder),
            "TMPDIR": str(self.folder),
            "PYTHONPATH": str(_ROOT),
            "PYTHONDONTWRITEBYTECODE": "1",
            "BIND_HOST": "127.0.0.1",
            "GATEWAY_PORT": str(self.port),
            "MINISTACK_HOST": "127.0.0.1",
            "MINISTACK_ACCOUNT_ID": ACCOUNT,
            "MINISTACK_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "LAMBDA_ACCOUNT_CONCURRENCY": "10",
            "TENANTRY_LOCAL_WORK": str(self.folder / "builds"),
            "TENANTRY_LOCAL_BUILD_SLOTS": str(BUILD_SLOTS),
            "TENANTRY_LOCAL_BUILD_MINUTE": str(BUILD_MINUTE),
            "TENANTRY_LOCAL_RETRY_SCALE": "0.003",
            "OF_THE_SERVER_ONLY": "secret",
            **more,
        }
        self.log = self.folder / "server.log"
        self.start()

    def start(self) -> None:
        """Start it, again if need be, in a process group of its own as the CLI does."""
        with self.log.open("ab") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tenantry_local"],
                env=self._environment,
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        until(self._answers, "the local cloud to answer")
        self._make_role()

    def _make_role(self) -> None:
        iam = self.client("iam")
        anybody = {"Effect": "Allow", "Principal": {"Service": "*"}, "Action": "sts:AssumeRole"}
        everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
        try:
            iam.create_role(RoleName="any", AssumeRolePolicyDocument=_document(anybody))
        except iam.exceptions.EntityAlreadyExistsException:
            # A cloud that goes on from its state.
            return
        iam.put_role_policy(RoleName="any", PolicyName="everything", PolicyDocument=_document(everything))

    def kill(self) -> None:
        """Kill it, and nothing else, in the middle of whatever it is at."""
        self.process.kill()
        self.process.wait(PATIENCE)

    def _answers(self) -> bool:
        if self.process.poll() is not None:
            raise AssertionError(f"the local cloud ended: {self.log.read_text()[-2000:]}")
        try:
            with urllib.request.urlopen(f"{self.endpoint}/_ministack/ready", timeout=2) as answer:
                return answer.status == 200
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            return False

    def client(self, service: str, **config: Any) -> Any:
        """A client of this cloud."""
        return boto3.client(
            service,
            endpoint_url=self.endpoint,
            region_name=REGION,
            aws_access_key_id=KEY,
            aws_secret_access_key=SECRET,
            config=Config(**config, retries={"max_attempts": 1}, s3={"addressing_style": "path"}),
        )

    def stop(self) -> int:
        """End it as the CLI does; the answer is its exit status."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)


def _document(statement: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


_shared: Server | None = None


def server() -> Server:
    """The cloud that all tests share; it starts with the first of them."""
    global _shared
    if _shared is None:
        _shared = Server()
        atexit.register(_shared.stop)
    return _shared


def until(condition: Callable[[], T], what: str, seconds: float = PATIENCE) -> T:
    """Ask again and again until the answer is true; fails after `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        answer = condition()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {seconds} s for {what}")
        time.sleep(0.02)


def alive(pid: int) -> bool:
    """Whether a process is there and not only waiting to be collected."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        if Path("/proc/self").exists():
            return False
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return False
        return True
    return state != "Z"


def zipped(files: dict[str, str]) -> bytes:
    """A zip file with these contents."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return out.getvalue()


class CloudTest(unittest.TestCase):
    """A test with clients of the shared cloud."""

    codebuild: Any
    names = iter(range(10_000))

    @classmethod
    def setUpClass(cls) -> None:
        cls.server = server()
        cls.codebuild = cls.server.client("codebuild")
        cls.events = cls.server.client("events")
        cls.functions = cls.server.client("lambda")
        cls.sqs = cls.server.client("sqs")
        cls.states = cls.server.client("stepfunctions")

    def name(self, kind: str = "it") -> str:
        """A name that no other test has."""
        return f"{kind}-{next(self.names)}"

    def folder(self) -> Path:
        """A folder that is gone after the test."""
        path = Path(tempfile.mkdtemp(prefix="tenantry-local-test-"))
        self.addCleanup(shutil.rmtree, path, ignore_errors=True)
        return path

    def project(self, buildspec: str | None, **more: Any) -> str:
        """A CodeBuild project; its buildspec is in line unless a source is given."""
        name = self.name("project")
        request: dict[str, Any] = {
            "name": name,
            "source": {"type": "NO_SOURCE", "buildspec": buildspec or ""},
            "artifacts": {"type": "NO_ARTIFACTS"},
            "environment": {
                "type": "LINUX_CONTAINER",
                "image": "aws/codebuild/standard:7.0",
                "computeType": "BUILD_GENERAL1_SMALL",
            },
            "serviceRole": ROLE,
        }
        self.codebuild.create_project(**{**request, **more})
        return name

    def build(self, identifier: str) -> dict[str, Any]:
        """A build's record as it is."""
        found: dict[str, Any] = self.codebuild.batch_get_builds(ids=[identifier])["builds"][0]
        return found

    def built(self, identifier: str) -> dict[str, Any]:
        """A build's record at its end."""

        def over() -> dict[str, Any] | None:
            record = self.build(identifier)
            return record if record["buildComplete"] else None

        record = until(over, f"the build {identifier}")
        assert record is not None
        return record

    def run_build(self, buildspec: str, **request: Any) -> dict[str, Any]:
        """Run a buildspec to its end."""
        project = self.project(buildspec)
        return self.built(self.codebuild.start_build(projectName=project, **request)["build"]["id"])

    def log_of(self, record: dict[str, Any]) -> str:
        """What a build wrote to its log."""
        logs = self.server.client("logs")
        events = logs.get_log_events(
            logGroupName=record["logs"]["groupName"], logStreamName=record["logs"]["streamName"], startFromHead=True
        )["events"]
        return "".join(event["message"] for event in events)

    def queue(self, open_to_events: bool = True) -> tuple[str, str]:
        """A queue's URL and ARN; EventBridge may send to it unless told otherwise."""
        name = self.name("queue")
        arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"
        statement = {
            "Effect": "Allow",
            "Principal": {"Service": "events.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": arn,
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        url = self.sqs.create_queue(QueueName=name, Attributes={"Policy": policy} if open_to_events else {})["QueueUrl"]
        return url, arn

    def messages(self, url: str, count: int = 1) -> list[dict[str, Any]]:
        """The next messages of a queue, at least `count`."""
        received: list[dict[str, Any]] = []

        def enough() -> bool:
            answer = self.sqs.receive_message(
                QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"], VisibilityTimeout=60
            )
            received.extend(answer.get("Messages", []))
            return len(received) >= count

        until(enough, f"{count} messages")
        return received

    def rule(self, pattern: dict[str, Any], *targets: dict[str, Any], bus: str = "default") -> str:
        """A rule and its targets; the answer is its ARN."""
        name = self.name("rule")
        arn: str = self.events.put_rule(Name=name, EventBusName=bus, EventPattern=json.dumps(pattern))["RuleArn"]
        self.events.put_targets(
            Rule=name, EventBusName=bus, Targets=[{"Id": str(i), **target} for i, target in enumerate(targets)]
        )
        self.addCleanup(
            self.events.remove_targets, Rule=name, EventBusName=bus, Ids=[str(i) for i in range(len(targets))]
        )
        return arn

    def machine(self, definition: dict[str, Any]) -> str:
        """A state machine's ARN."""
        arn: str = self.states.create_state_machine(
            name=self.name("machine"), definition=json.dumps(definition), roleArn=ROLE
        )["stateMachineArn"]
        return arn

    def task(self, task: dict[str, Any], **machine: Any) -> str:
        """A state machine of one task, `Task`, with states `Caught` and `Done` to go to."""
        states = {"Task": {"Type": "Task", "End": True, **task}, "Caught": {"Type": "Succeed"}}
        return self.machine({"StartAt": "Task", "States": states, **machine})

    def executed(self, machine: str, value: Any = None) -> dict[str, Any]:
        """Run a state machine to its end."""
        arn = self.states.start_execution(stateMachineArn=machine, input=json.dumps(value or {}))["executionArn"]
        return self.ended(arn)

    def ended(self, execution: str) -> dict[str, Any]:
        """An execution's description at its end."""

        def over() -> dict[str, Any] | None:
            found = self.states.describe_execution(executionArn=execution)
            return found if found["status"] != "RUNNING" else None

        found = until(over, f"the execution {execution}")
        assert found is not None
        return found
