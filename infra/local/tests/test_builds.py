"""CodeBuild: what a build does, seen through its API.

Pages are named by the last part of their address, under
https://docs.aws.amazon.com/codebuild/latest/userguide/ and (API_) /APIReference/.
"""

import json
import os
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from .cloud import ACCOUNT, BUILD_SLOTS, REGION, CloudTest, alive, until, zipped

#: Says which process it is, and stays until it is stopped.
WAITS = """version: 0.2
phases:
  build:
    commands:
      - echo $$ > "$NOTE"; sleep 300 & echo $! >> "$NOTE"; wait
"""


def phase(record: dict[str, Any], name: str) -> dict[str, Any]:
    """A phase of a build."""
    return next(each for each in record["phases"] if each["phaseType"] == name)


def names(record: dict[str, Any]) -> list[str]:
    """The phases that a build went through."""
    return [each["phaseType"] for each in record["phases"]]


def exported(record: dict[str, Any]) -> dict[str, str]:
    """The exported variables of a build."""
    return {each["name"]: each["value"] for each in record["exportedEnvironmentVariables"]}


def note(path: Path) -> list[int]:
    """The processes that a build of WAITS named."""
    until(lambda: path.exists() and len(path.read_text().split()) == 2, "the build to begin")
    return [int(word) for word in path.read_text().split()]


class CommandsTest(CloudTest):
    def test_one_shell_for_all_phases(self) -> None:
        """Variables, functions and the directory live on to the next command and phase (build-spec-ref, versions)."""
        record = self.run_build(
            "version: 0.2\n"
            "env: {exported-variables: [OUT, PLAIN, ABSENT]}\n"
            "phases:\n"
            "  install: {commands: [mkdir -p deep, cd deep, 'X=\"a b\"', 'f() { echo \"<$1>\"; }']}\n"
            '  build: {commands: [\'export OUT="$(f "$X")$(basename "$PWD")"\', \'PLAIN=not-exported\', exit 0]}\n'
        )
        self.assertEqual(record["buildStatus"], "SUCCEEDED")
        self.assertEqual(exported(record), {"OUT": "<a b>deep", "PLAIN": "", "ABSENT": ""})

    def test_values_are_data(self) -> None:
        """A variable's value is never run or expanded on its way into, through and out of a build (API_EnvironmentVariable)."""
        value = "$(touch /tmp/never) `id` \"'; exit 9\n* \\ é"
        record = self.run_build(
            "version: 0.2\nenv: {exported-variables: [VALUE, COPY]}\n"
            "phases: {build: {commands: ['export COPY=\"$VALUE\"', 'true']}}",
            environmentVariablesOverride=[{"name": "VALUE", "value": value}],
        )
        self.assertEqual(exported(record), {"VALUE": value, "COPY": value})

    def test_output_is_logged_as_it_comes(self) -> None:
        """Output lines reach the stream that the record names while the build runs (change-project, logs)."""
        gate = self.folder() / "gate"
        project = self.project(
            "version: 0.2\nphases: {build: {commands: 'echo first; echo second >&2; until [ -e \"$GATE\" ]; do sleep 0.02; done'}}"
        )
        record = self.codebuild.start_build(
            projectName=project, environmentVariablesOverride=[{"name": "GATE", "value": str(gate)}]
        )["build"]
        self.assertEqual(record["logs"]["groupName"], f"/aws/codebuild/{project}")
        self.assertIn("log-group/$252Faws$252Fcodebuild$252F" + project, record["logs"]["deepLink"])
        until(lambda: self.build(record["id"])["currentPhase"] == "BUILD", "the build phase")
        until(lambda: "first\nsecond\n" in self.log_of(record), "the lines")
        self.assertFalse(self.build(record["id"])["buildComplete"])
        gate.touch()
        self.assertEqual(self.built(record["id"])["buildStatus"], "SUCCEEDED")

    def test_shell_of_posix(self) -> None:
        """`env/shell: sh` runs commands, and what they set lives on there too (build-spec-ref, env/shell)."""
        record = self.run_build(
            "version: 0.2\nenv: {shell: sh, exported-variables: [A]}\nphases: {build: {commands: ['export A=1', 'export A=${A}2']}}"
        )
        self.assertEqual(exported(record), {"A": "12"})


class PhasesTest(CloudTest):
    def spec(self, failing: str, on_failure: str = "") -> str:
        """A buildspec whose phase `failing` fails with status 3."""
        lines = ["version: 0.2", "env: {exported-variables: [RAN, SUCCEEDING]}", "phases:"]
        for name in ("install", "pre_build", "build", "post_build"):
            command = f'export RAN="$RAN {name}" SUCCEEDING="$SUCCEEDING$CODEBUILD_BUILD_SUCCEEDING"'
            commands = [command, "exit 3", "export RAN=wrong"] if name == failing else [command]
            lines += [f"  {name}:", f"    commands: {json.dumps(commands)}"]
            if name == failing:
                lines.append("    finally: ['export RAN=\"$RAN finally\"']")
                lines += [f"    on-failure: {on_failure}"] if on_failure else []
        return "\n".join(lines)

    def test_post_build_follows_a_failed_build(self) -> None:
        """A failed build phase is followed by post_build, which can tell (view-build-details-phases)."""
        record = self.run_build(self.spec("build"))
        self.assertEqual(record["buildStatus"], "FAILED")
        self.assertEqual(exported(record), {"RAN": " install pre_build build finally post_build", "SUCCEEDING": "1110"})
        failed = phase(record, "BUILD")
        self.assertEqual(failed["phaseStatus"], "FAILED")
        self.assertEqual(
            failed["contexts"],
            [
                {
                    "statusCode": "COMMAND_EXECUTION_ERROR",
                    "message": "Error while executing command: exit 3. Reason: exit status 3",
                }
            ],
        )
        self.assertGreaterEqual(failed["endTime"], failed["startTime"])
        self.assertEqual(phase(record, "POST_BUILD")["phaseStatus"], "SUCCEEDED")
        self.assertIn("UPLOAD_ARTIFACTS", names(record))

    def test_nothing_follows_a_failed_install_or_pre_build(self) -> None:
        """After a failed install or pre_build no later command phase runs (view-build-details-phases)."""
        for failing, ran in (("install", " install finally"), ("pre_build", " install pre_build finally")):
            with self.subTest(failing):
                record = self.run_build(self.spec(failing))
                self.assertEqual(record["buildStatus"], "FAILED")
                self.assertEqual(exported(record)["RAN"], ran)
                self.assertNotIn("POST_BUILD", names(record))
                self.assertEqual(names(record)[-2:], ["FINALIZING", "COMPLETED"])

    def test_on_failure(self) -> None:
        """ABORT ends the build, CONTINUE goes on to the next phase (build-spec-ref, phases/*/on-failure)."""
        aborted = self.run_build(self.spec("build", "ABORT"))
        self.assertEqual(exported(aborted)["RAN"], " install pre_build build finally")
        went_on = self.run_build(self.spec("pre_build", "CONTINUE"))
        self.assertEqual(exported(went_on)["RAN"], " install pre_build finally build post_build")
        self.assertEqual([aborted["buildStatus"], went_on["buildStatus"]], ["FAILED", "FAILED"])

    def test_all_phases_of_a_success(self) -> None:
        """A build goes through every phase, also those its buildspec leaves out (view-build-details-phases)."""
        record = self.run_build("version: 0.2\nphases: {build: {commands: 'true'}}")
        expected = (
            "SUBMITTED QUEUED PROVISIONING DOWNLOAD_SOURCE INSTALL PRE_BUILD BUILD POST_BUILD "
            "UPLOAD_ARTIFACTS FINALIZING COMPLETED"
        )
        self.assertEqual(names(record), expected.split())
        self.assertEqual(record["currentPhase"], "COMPLETED")


class InputTest(CloudTest):
    def test_precedence_of_variables(self) -> None:
        """The request's variables win over the project's, and those over the buildspec's (build-env-ref-env-vars)."""
        project = self.project(
            "version: 0.2\nenv: {variables: {A: spec, B: spec, C: spec}, exported-variables: [A, B, C]}\n"
            "phases: {build: {commands: 'true'}}",
            environment={
                "type": "LINUX_CONTAINER",
                "image": "any",
                "computeType": "BUILD_GENERAL1_SMALL",
                "environmentVariables": [{"name": "B", "value": "project"}, {"name": "C", "value": "project"}],
            },
        )
        build = self.codebuild.start_build(
            projectName=project, environmentVariablesOverride=[{"name": "C", "value": "request"}]
        )["build"]
        self.assertEqual(exported(self.built(build["id"])), {"A": "spec", "B": "project", "C": "request"})

    def test_environment_is_codebuilds_own(self) -> None:
        """A build sees CodeBuild's variables and nothing of the server's (build-env-ref-env-vars)."""
        record = self.run_build("version: 0.2\nphases: {build: {commands: env}}")
        lines = self.log_of(record).splitlines()
        seen = dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("["))
        self.assertNotIn("OF_THE_SERVER_ONLY", seen)
        self.assertNotIn("PYTHONPATH", seen)
        self.assertEqual(seen["CODEBUILD_BUILD_ID"], record["id"])
        self.assertEqual(seen["CODEBUILD_BUILD_ARN"], record["arn"])
        self.assertEqual(seen["CODEBUILD_BUILD_SUCCEEDING"], "1")
        self.assertEqual(seen["CODEBUILD_LOG_PATH"], record["logs"]["streamName"])
        self.assertEqual(seen["CODEBUILD_SRC_DIR"], seen["PWD"])
        self.assertEqual(seen["AWS_REGION"], REGION)
        self.assertEqual(seen["AWS_ENDPOINT_URL"], self.server.endpoint)
        self.assertTrue(seen["CODEBUILD_START_TIME"].isdigit() and seen["CODEBUILD_INITIATOR"])

    def test_source_from_s3(self) -> None:
        """A zip in S3 is unpacked, and its buildspec is found by name; a request may name others (API_StartBuild)."""
        s3 = self.server.client("s3")
        bucket = self.name("bucket")
        s3.create_bucket(Bucket=bucket)
        spec = "version: 0.2\nenv: {exported-variables: [OUT]}\nphases: {build: {commands: 'export OUT=$(cat data/x)'}}"
        files = {"a.yml": spec, "data/x": "one", "b.yml": spec.replace("$(cat data/x)", "$(cat data/x)-b")}
        s3.put_object(Bucket=bucket, Key="source.zip", Body=zipped(files))
        s3.put_object(Bucket=bucket, Key="other.zip", Body=zipped({**files, "data/x": "two"}))
        project = self.project(None, source={"type": "S3", "location": f"{bucket}/source.zip", "buildspec": "a.yml"})
        first = self.codebuild.start_build(projectName=project)["build"]
        second = self.codebuild.start_build(
            projectName=project, sourceLocationOverride=f"{bucket}/other.zip", buildspecOverride="b.yml"
        )["build"]
        self.assertEqual(exported(self.built(first["id"])), {"OUT": "one"})
        self.assertEqual(exported(self.built(second["id"])), {"OUT": "two-b"})

    def test_source_that_leads_out_is_refused(self) -> None:
        """An entry outside the source's root fails DOWNLOAD_SOURCE, and nothing is written (API_ProjectSource)."""
        s3 = self.server.client("s3")
        bucket = self.name("bucket")
        s3.create_bucket(Bucket=bucket)
        s3.put_object(
            Bucket=bucket, Key="bad.zip", Body=zipped({"../../escaped": "x", "buildspec.yml": "version: 0.2"})
        )
        project = self.project(None, source={"type": "S3", "location": f"{bucket}/bad.zip"})
        record = self.built(self.codebuild.start_build(projectName=project)["build"]["id"])
        self.assertEqual(record["buildStatus"], "FAILED")
        self.assertEqual(phase(record, "DOWNLOAD_SOURCE")["contexts"][0]["statusCode"], "CLIENT_ERROR")
        # walk passes over folders that go meanwhile: the build tidies up after its end.
        written = [name for _, _, names in os.walk(self.server.folder) for name in names]
        self.assertIn("server.log", written)
        self.assertNotIn("escaped", written)

    def test_unreadable_buildspec(self) -> None:
        """A buildspec that is none fails the build with YAML_FILE_ERROR (troubleshooting)."""
        record = self.run_build("version: 0.2\nphases: {never: {commands: x}}")
        self.assertEqual(record["buildStatus"], "FAILED")
        self.assertEqual(phase(record, "DOWNLOAD_SOURCE")["contexts"][0]["statusCode"], "YAML_FILE_ERROR")

    def test_log_group_of_the_project(self) -> None:
        """logsConfig names the group and the stream's prefix (API_CloudWatchLogsConfig)."""
        group = "/" + self.name("group")
        logs = {"cloudWatchLogs": {"status": "ENABLED", "groupName": group, "streamName": "pre"}}
        project = self.project("version: 0.2\nphases: {build: {commands: echo said}}", logsConfig=logs)
        record = self.built(self.codebuild.start_build(projectName=project)["build"]["id"])
        self.assertEqual(record["logs"]["groupName"], group)
        self.assertTrue(record["logs"]["streamName"].startswith("pre/"))
        self.assertIn("said\n", self.log_of(record))


class LifeTest(CloudTest):
    def waiting(self, **request: Any) -> tuple[dict[str, Any], list[int]]:
        """A build that waits, and its processes."""
        path = self.folder() / "note"
        project = self.project(WAITS)
        build = self.codebuild.start_build(
            projectName=project, environmentVariablesOverride=[{"name": "NOTE", "value": str(path)}], **request
        )["build"]
        self.addCleanup(self.codebuild.stop_build, id=build["id"])
        return build, note(path)

    def test_stop(self) -> None:
        """StopBuild ends every process of the build, which ends as STOPPED (API_StopBuild)."""
        build, processes = self.waiting()
        self.codebuild.stop_build(id=build["id"])
        record = self.built(build["id"])
        self.assertEqual(record["buildStatus"], "STOPPED")
        self.assertEqual(phase(record, "BUILD")["phaseStatus"], "STOPPED")
        self.assertNotIn("POST_BUILD", names(record))
        until(lambda: not any(map(alive, processes)), "the processes to end")

    def test_time_limit(self) -> None:
        """A build that runs longer than timeoutInMinutes is TIMED_OUT, and its processes end (API_Build)."""
        build, processes = self.waiting(timeoutInMinutesOverride=5)
        record = self.built(build["id"])
        self.assertEqual((record["timeoutInMinutes"], record["buildStatus"]), (5, "TIMED_OUT"))
        until(lambda: not any(map(alive, processes)), "the processes to end")

    def test_background_processes_do_not_outlive_the_build(self) -> None:
        """What a command leaves in the background ends with the build (the container does, on AWS)."""
        path = self.folder() / "note"
        self.run_build(
            "version: 0.2\nphases: {build: {commands: 'sleep 300 & echo $! > \"$NOTE\"'}}",
            environmentVariablesOverride=[{"name": "NOTE", "value": str(path)}],
        )
        until(lambda: not alive(int(path.read_text())), "the process to end")

    def test_idempotency_token(self) -> None:
        """The same token answers the same build; with other parameters it is refused (API_StartBuild, idempotencyToken)."""
        project = self.project("version: 0.2\nphases: {build: {commands: 'true'}}")
        token = self.name("token")
        first = self.codebuild.start_build(projectName=project, idempotencyToken=token)["build"]
        again = self.codebuild.start_build(projectName=project, idempotencyToken=token)["build"]
        self.assertEqual(first["id"], again["id"])
        with self.assertRaises(ClientError) as caught:
            self.codebuild.start_build(projectName=project, idempotencyToken=token, sourceVersion="other")
        self.assertEqual(caught.exception.response["Error"]["Code"], "InvalidInputException")

    def test_limits_of_an_account(self) -> None:
        """Builds beyond the limit queue, 5 times as many; the next is refused; a queue has its own time limit (limits)."""
        path = self.folder()
        project = self.project(WAITS)
        builds: list[dict[str, Any]] = []

        def start(index: int, **request: Any) -> None:
            variables = [{"name": "NOTE", "value": str(path / str(index))}]
            answer = self.codebuild.start_build(projectName=project, environmentVariablesOverride=variables, **request)
            builds.append(answer["build"])
            self.addCleanup(self.codebuild.stop_build, id=answer["build"]["id"])

        for index in range(BUILD_SLOTS):
            start(index)
            note(path / str(index))
        for index in range(BUILD_SLOTS, BUILD_SLOTS * 6):
            start(index, queuedTimeoutInMinutesOverride=5 if index == BUILD_SLOTS else 480)
        self.assertEqual(self.build(builds[-1]["id"])["currentPhase"], "QUEUED")
        with self.assertRaises(ClientError) as caught:
            start(-1)
        self.assertEqual(caught.exception.response["Error"]["Code"], "AccountLimitExceededException")
        late = self.built(builds[BUILD_SLOTS]["id"])
        self.assertEqual((late["buildStatus"], phase(late, "QUEUED")["phaseStatus"]), ("TIMED_OUT", "TIMED_OUT"))
        self.codebuild.stop_build(id=builds[0]["id"])
        note(path / str(BUILD_SLOTS + 1))

    def test_limit_of_a_project(self) -> None:
        """A project's concurrentBuildLimit refuses builds beyond it (API_Project, concurrentBuildLimit)."""
        path = self.folder() / "note"
        project = self.project(WAITS, concurrentBuildLimit=1)
        variables = [{"name": "NOTE", "value": str(path)}]
        build = self.codebuild.start_build(projectName=project, environmentVariablesOverride=variables)["build"]
        self.addCleanup(self.codebuild.stop_build, id=build["id"])
        with self.assertRaises(ClientError) as caught:
            self.codebuild.start_build(projectName=project)
        self.assertEqual(caught.exception.response["Error"]["Code"], "AccountLimitExceededException")

    def test_unknown_project_and_limits_of_parameters(self) -> None:
        """A missing project and a time limit below 5 minutes are refused (API_StartBuild, errors)."""
        with self.assertRaises(ClientError) as caught:
            self.codebuild.start_build(projectName="not-there")
        self.assertEqual(caught.exception.response["Error"]["Code"], "ResourceNotFoundException")
        with self.assertRaises(ClientError) as caught:
            unchecked = self.server.client("codebuild", parameter_validation=False)
            unchecked.start_build(projectName=self.project(WAITS), timeoutInMinutesOverride=4)
        self.assertEqual(caught.exception.response["Error"]["Code"], "InvalidInputException")

    def test_events(self) -> None:
        """A build sends a state change at both ends, and a phase change per phase (sample-build-notifications-ref)."""
        url, queue = self.queue()
        project = self.project("version: 0.2\nphases: {build: {commands: 'exit 4'}}")
        self.rule({"source": ["aws.codebuild"], "detail": {"project-name": [project]}}, {"Arn": queue})
        record = self.built(self.codebuild.start_build(projectName=project)["build"]["id"])
        # Ten phases end, and the build changes its state twice.
        events = [json.loads(message["Body"]) for message in self.messages(url, 12)]
        states = [event for event in events if event["detail-type"] == "CodeBuild Build State Change"]
        self.assertEqual({event["detail"]["build-status"] for event in states}, {"IN_PROGRESS", "FAILED"})
        end = next(event for event in states if event["detail"]["build-status"] == "FAILED")
        self.assertEqual(end["resources"], [record["arn"]])
        self.assertEqual(end["detail"]["build-id"], record["arn"])
        more = end["detail"]["additional-information"]
        self.assertTrue(more["build-complete"])
        self.assertEqual(more["logs"]["deep-link"], record["logs"]["deepLink"])
        self.assertEqual(more["phases"][-1]["phase-type"], "COMPLETED")
        self.assertEqual(end["account"], ACCOUNT)
        phases = [event["detail"] for event in events if event["detail-type"] == "CodeBuild Build Phase Change"]
        failed = next(detail for detail in phases if detail["completed-phase"] == "BUILD")
        self.assertEqual(failed["completed-phase-status"], "FAILED")
        self.assertIn("Reason: exit status 4", failed["completed-phase-context"])
