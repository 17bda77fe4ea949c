"""Step Functions: tasks for builds, and how executions start, fail and end.

Pages are named by the last part of their address, under
https://docs.aws.amazon.com/step-functions/latest/dg/ and (API_) /apireference/.
"""

from __future__ import annotations

import json
from typing import Any

from botocore.exceptions import ClientError

from tenantry_local.stepfunctions import error_matches, retry_delay

from .cloud import CloudTest, alive, until
from .test_builds import WAITS, note

START = "arn:aws:states:::codebuild:startBuild"
SYNC = START + ".sync"
EXPORTS = (
    "version: 0.2\nenv: {exported-variables: [OUT, OTHER]}\n"
    "phases: {build: {commands: ['export OUT=$IN OTHER=x', 'test \"$IN\" != bad']}}"
)


class BuildTaskTest(CloudTest):
    def start(self, project: str, value: str, resource: str = SYNC, **task: Any) -> dict[str, Any]:
        """Run a machine whose task is one build."""
        variables = [{"Name": "IN", "Value": value, "Type": "PLAINTEXT"}]
        parameters = {"ProjectName": project, "EnvironmentVariablesOverride": variables}
        return self.executed(self.task({"Resource": resource, "Parameters": parameters, **task}))

    def test_sync_answers_with_the_build(self) -> None:
        """`.sync` waits, and answers {"Build": …} with capitalised names (connect-codebuild)."""
        done = self.start(self.project(EXPORTS), "good")
        self.assertEqual(done["status"], "SUCCEEDED")
        build = json.loads(done["output"])["Build"]
        record = self.build(build["Id"])
        self.assertEqual(build["BuildStatus"], "SUCCEEDED")
        self.assertEqual(build["ExportedEnvironmentVariables"][0], {"Name": "OUT", "Value": "good"})
        self.assertEqual(build["Logs"]["DeepLink"], record["logs"]["deepLink"])
        self.assertEqual(build["Phases"][-1]["PhaseType"], "COMPLETED")
        self.assertEqual(build["Arn"], record["arn"])

    def test_sync_of_a_failed_build(self) -> None:
        """A failed build is States.TaskFailed with the Build as Cause, and can be caught (connect-to-resource, connect-sync)."""
        catch = [{"ErrorEquals": ["States.TaskFailed"], "Next": "Caught"}]
        done = self.start(self.project(EXPORTS), "bad", Catch=catch)
        error = json.loads(done["output"])
        self.assertEqual(error["Error"], "States.TaskFailed")
        build = json.loads(error["Cause"])["Build"]
        self.assertEqual(build["BuildStatus"], "FAILED")
        self.assertEqual(build["ExportedEnvironmentVariables"][0], {"Name": "OUT", "Value": "bad"})

    def test_jsonata(self) -> None:
        """A JSONata machine passes Arguments and reads the Build from $states.result (transforming-data)."""
        machine = self.task(
            {
                "Resource": SYNC,
                "Arguments": {
                    "ProjectName": self.project(EXPORTS),
                    "EnvironmentVariablesOverride": [{"Name": "IN", "Value": "{% $states.input.v %}"}],
                },
                "Output": "{% $states.result.Build.ExportedEnvironmentVariables[Name='OUT'].Value %}",
            },
            QueryLanguage="JSONata",
        )
        self.assertEqual(json.loads(self.executed(machine, {"v": "from input"})["output"]), "from input")

    def test_errors_carry_the_services_name(self) -> None:
        """An error of StartBuild is `CodeBuild.<its name>` (concepts-error-handling)."""
        done = self.start("not-there", "x")
        self.assertEqual((done["status"], done["error"]), ("FAILED", "CodeBuild.ResourceNotFoundException"))

    def test_request_response(self) -> None:
        """Without `.sync` the task is over once the build is submitted; others stop and describe it (connect-codebuild)."""
        path = self.folder() / "note"
        project = self.project(WAITS)
        variables = [{"Name": "NOTE", "Value": str(path)}]
        parameters = {"ProjectName": project, "EnvironmentVariablesOverride": variables}
        started = self.executed(self.task({"Resource": START, "Parameters": parameters}))
        build = json.loads(started["output"])["Build"]
        self.assertEqual(build["BuildStatus"], "IN_PROGRESS")
        note(path)
        prefix = "arn:aws:states:::codebuild:"
        stop = self.task({"Resource": prefix + "stopBuild", "Parameters": {"Id.$": "$.id"}})
        self.assertEqual(self.executed(stop, {"id": build["Id"]})["status"], "SUCCEEDED")
        self.assertEqual(self.built(build["Id"])["buildStatus"], "STOPPED")
        get = self.task(
            {"Resource": "arn:aws:states:::aws-sdk:codebuild:batchGetBuilds", "Parameters": {"Ids.$": "$.ids"}}
        )
        found = json.loads(self.executed(get, {"ids": [build["Id"]]})["output"])
        self.assertEqual(found["Builds"][0]["BuildStatus"], "STOPPED")

    def test_sdk_integration_of_cognito(self) -> None:
        """`aws-sdk:cognitoidentityprovider` calls the user pools (supported-services-awssdk)."""
        name = self.name("pool")
        create = self.task(
            {
                "Resource": "arn:aws:states:::aws-sdk:cognitoidentityprovider:createUserPool",
                "Parameters": {"PoolName": name},
            }
        )
        pool = json.loads(self.executed(create)["output"])["UserPool"]["Id"]
        cognito = self.server.client("cognito-idp")
        self.assertEqual(cognito.describe_user_pool(UserPoolId=pool)["UserPool"]["Name"], name)
        missing = self.task(
            {
                "Resource": "arn:aws:states:::aws-sdk:cognitoidentityprovider:describeUserPool",
                "Parameters": {"UserPoolId": "us-east-1_notthere1"},
            }
        )
        self.assertEqual(self.executed(missing)["error"], "CognitoIdentityProvider.ResourceNotFoundException")


class EventTaskTest(CloudTest):
    def test_put_events(self) -> None:
        """`Detail` may be an object, the execution is among the resources, a refused entry fails the task (connect-eventbridge)."""
        url, queue = self.queue()
        source = self.name("source")
        self.rule({"source": [source]}, {"Arn": queue})
        entry = {"Source": source, "DetailType": "t", "Detail": {"n.$": "$.n"}}
        machine = self.task({"Resource": "arn:aws:states:::events:putEvents", "Parameters": {"Entries": [entry]}})
        done = self.executed(machine, {"n": 1})
        self.assertEqual(done["status"], "SUCCEEDED")
        event = json.loads(self.messages(url)[0]["Body"])
        self.assertEqual(event["detail"], {"n": 1})
        self.assertEqual(event["resources"], [done["executionArn"], machine])
        bad = {**entry, "Detail": "none"}
        refused = self.task({"Resource": "arn:aws:states:::events:putEvents", "Parameters": {"Entries": [bad]}})
        failed = self.executed(refused)
        self.assertEqual(failed["error"], "EventBridge.FailedEntry")
        self.assertIn("MalformedDetail", failed["cause"])


class EndTest(CloudTest):
    def waiting(self, machine: dict[str, Any] | None = None, **task: Any) -> tuple[str, str, list[int]]:
        """An execution that waits for a build: its ARN, the build's id, and its processes."""
        path = self.folder() / "note"
        project = self.project(WAITS)
        parameters = {
            "ProjectName": project,
            "EnvironmentVariablesOverride": [{"Name": "NOTE", "Value": str(path)}],
        }
        arn = self.task({"Resource": SYNC, "Parameters": parameters, **task}, **(machine or {}))
        execution = self.states.start_execution(stateMachineArn=arn)["executionArn"]
        processes = note(path)
        return execution, self.codebuild.list_builds_for_project(projectName=project)["ids"][0], processes

    def assert_stopped(self, build: str, processes: list[int]) -> None:
        """The build was stopped, and nothing of it runs."""
        self.assertEqual(self.built(build)["buildStatus"], "STOPPED")
        until(lambda: not any(map(alive, processes)), "the processes to end")

    def test_stopping_an_execution_stops_its_build(self) -> None:
        """StopExecution stops what a `.sync` task waits for (connect-to-resource, connect-sync)."""
        execution, build, processes = self.waiting()
        self.states.stop_execution(executionArn=execution, error="Why", cause="because")
        self.assert_stopped(build, processes)
        found = self.ended(execution)
        self.assertEqual((found["status"], found["error"]), ("ABORTED", "Why"))
        types = [event["type"] for event in self.states.get_execution_history(executionArn=execution)["events"]]
        self.assertNotIn("ExecutionFailed", types)

    def test_a_history_names_the_build(self) -> None:
        """A `.sync` task's TaskSubmitted has what started it answered, the build among it (API_TaskSubmittedEventDetails)."""
        execution, build, _ = self.waiting()
        events = self.states.get_execution_history(executionArn=execution)["events"]
        self.assertEqual([event["type"] for event in events][-2:], ["TaskScheduled", "TaskSubmitted"])
        details = events[-1]["taskSubmittedEventDetails"]
        self.assertEqual((details["resourceType"], details["resource"]), ("codebuild", "startBuild.sync"))
        self.assertEqual(json.loads(details["output"])["Build"]["Id"], build)
        self.states.stop_execution(executionArn=execution)

    def test_deleting_a_machine_ends_its_executions(self) -> None:
        """A deleted machine starts nothing; what runs fails at its next transition, then the machine is gone (API_DeleteStateMachine)."""
        wait = {"Type": "Wait", "Seconds": 1, "Next": "Next"}
        machine = self.machine({"StartAt": "Wait", "States": {"Wait": wait, "Next": {"Type": "Succeed"}}})
        execution = self.states.start_execution(stateMachineArn=machine)["executionArn"]
        rule_queue, arn = self.queue()
        self.rule({"source": ["aws.states"], "detail": {"executionArn": [execution], "status": ["FAILED"]}}, {"Arn": arn})
        self.states.delete_state_machine(stateMachineArn=machine)
        with self.assertRaises(ClientError) as refused:
            self.states.start_execution(stateMachineArn=machine)
        self.assertEqual(refused.exception.response["Error"]["Code"], "StateMachineDeleting")
        detail = json.loads(self.messages(rule_queue)[0]["Body"])["detail"]
        self.assertEqual(detail["error"], "States.Runtime")
        self.assertIn("has been deleted", detail["cause"])

        def gone() -> bool:
            try:
                self.states.describe_state_machine(stateMachineArn=machine)
            except ClientError as error:
                return error.response["Error"]["Code"] == "StateMachineDoesNotExist"
            return False

        until(gone, "the machine to be gone")

    def test_time_limit_of_a_task_stops_its_build(self) -> None:
        """A task's TimeoutSeconds is States.Timeout, which can be caught, and stops the build (state-task)."""
        execution, build, processes = self.waiting(
            TimeoutSeconds=1, Catch=[{"ErrorEquals": ["States.Timeout"], "Next": "Caught"}]
        )
        self.assertEqual(json.loads(self.ended(execution)["output"])["Error"], "States.Timeout")
        self.assert_stopped(build, processes)

    def test_time_limit_as_path_or_expression(self) -> None:
        """A task's time limit may come from its input, as a path or as JSONata (state-task)."""
        spec = "version: 0.2\nphases: {build: {commands: sleep 300}}"
        arguments = {"ProjectName": self.project(spec)}
        machines = (
            self.task({"Resource": SYNC, "Parameters": arguments, "TimeoutSecondsPath": "$.seconds"}),
            self.task(
                {"Resource": SYNC, "Arguments": arguments, "TimeoutSeconds": "{% $states.input.seconds %}"},
                QueryLanguage="JSONata",
            ),
        )
        for machine in machines:
            self.assertEqual(self.executed(machine, {"seconds": 1})["error"], "States.Timeout")

    def test_stopping_reaches_a_nested_execution(self) -> None:
        """A child started with `.sync` is stopped with its parent, and its build too (connect-stepfunctions)."""
        path = self.folder() / "note"
        project = self.project(WAITS)
        variables = [{"Name": "NOTE", "Value": str(path)}]
        parameters = {"ProjectName": project, "EnvironmentVariablesOverride": variables}
        child = self.task({"Resource": SYNC, "Parameters": parameters})
        parent = self.task(
            {"Resource": "arn:aws:states:::states:startExecution.sync:2", "Parameters": {"StateMachineArn": child}}
        )
        execution = self.states.start_execution(stateMachineArn=parent)["executionArn"]
        processes = note(path)
        self.states.stop_execution(executionArn=execution)
        self.assert_stopped(self.codebuild.list_builds_for_project(projectName=project)["ids"][0], processes)
        children = self.states.list_executions(stateMachineArn=child)["executions"]
        self.assertEqual([self.ended(each["executionArn"])["status"] for each in children], ["ABORTED"])

    def test_time_limit_of_a_machine(self) -> None:
        """A machine's TimeoutSeconds ends it as TIMED_OUT, uncaught, with its event, and stops the build (statemachine-structure)."""
        url, queue = self.queue()
        execution, build, processes = self.waiting(
            {"TimeoutSeconds": 2}, Catch=[{"ErrorEquals": ["States.ALL"], "Next": "Caught"}]
        )
        self.rule(
            {"source": ["aws.states"], "detail": {"executionArn": [execution], "status": ["TIMED_OUT"]}}, {"Arn": queue}
        )
        self.assertEqual(self.ended(execution)["status"], "TIMED_OUT")
        self.assert_stopped(build, processes)
        event = json.loads(self.messages(url)[0]["Body"])
        self.assertEqual(event["detail-type"], "Step Functions Execution Status Change")
        history = self.states.get_execution_history(executionArn=execution)["events"]
        self.assertEqual(history[-1]["type"], "ExecutionTimedOut")

    def test_nothing_follows_the_end(self) -> None:
        """A stopped execution takes no further step, in no branch, and its history ends there (API_StopExecution)."""
        path = self.folder() / "note"
        url, _ = self.queue()
        wait = {
            "Type": "Task",
            "Resource": SYNC,
            "Parameters": {
                "ProjectName": self.project(WAITS),
                "EnvironmentVariablesOverride": [{"Name": "NOTE", "Value": str(path)}],
            },
            "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Send"}],
            "Next": "Send",
        }
        send = {
            "Type": "Task",
            "Resource": "arn:aws:states:::sqs:sendMessage",
            "Parameters": {"QueueUrl": url, "MessageBody": "too late"},
            "End": True,
        }
        pause = {"Type": "Wait", "Seconds": 60, "Next": "Send"}
        machine = self.machine(
            {
                "StartAt": "Both",
                "States": {
                    "Both": {
                        "Type": "Parallel",
                        "Branches": [
                            {"StartAt": "Build", "States": {"Build": wait, "Send": send}},
                            {"StartAt": "Pause", "States": {"Pause": pause, "Send": send}},
                        ],
                        "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "After"}],
                        "Next": "After",
                    },
                    "After": send,
                },
            }
        )
        execution = self.states.start_execution(stateMachineArn=machine)["executionArn"]
        processes = note(path)
        self.states.stop_execution(executionArn=execution)
        until(lambda: not any(map(alive, processes)), "the processes to end")
        # A later execution of another machine has been through all its steps, so this one would have been too.
        later = self.machine({"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 1, "End": True}}})
        self.executed(later)
        self.assertEqual(self.sqs.receive_message(QueueUrl=url).get("Messages", []), [])
        history = self.states.get_execution_history(executionArn=execution)["events"]
        self.assertEqual(history[-1]["type"], "ExecutionAborted")


class StartTest(CloudTest):
    def test_same_name_and_input(self) -> None:
        """The same name answers the running execution for the same input, else ExecutionAlreadyExists (API_StartExecution)."""
        machine = self.machine({"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 60, "End": True}}})
        first = self.states.start_execution(stateMachineArn=machine, name="one", input='{"a": 1}')
        again = self.states.start_execution(stateMachineArn=machine, name="one", input='{"a": 1}')
        self.assertEqual(first["executionArn"], again["executionArn"])
        self.assertEqual(first["startDate"], again["startDate"])
        self.assert_exists(machine, '{"a": 2}')
        self.states.stop_execution(executionArn=first["executionArn"])
        self.assert_exists(machine, '{"a": 1}')

    def assert_exists(self, machine: str, value: str) -> None:
        """The name `one` is taken."""
        with self.assertRaises(ClientError) as caught:
            self.states.start_execution(stateMachineArn=machine, name="one", input=value)
        self.assertEqual(caught.exception.response["Error"]["Code"], "ExecutionAlreadyExists")

    def test_input_is_checked(self) -> None:
        """Input above 262144 bytes, or that is no JSON, is InvalidExecutionInput (API_StartExecution, errors)."""
        machine = self.machine({"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}})
        for value in ('"' + "x" * 262_143 + '"', "{", '"' + "é" * 131_072 + '"'):
            with self.assertRaises(ClientError) as caught:
                self.states.start_execution(stateMachineArn=machine, input=value)
            self.assertEqual(caught.exception.response["Error"]["Code"], "InvalidExecutionInput")
        fits = self.states.start_execution(stateMachineArn=machine, input='"' + "x" * 262_142 + '"')
        self.assertEqual(self.ended(fits["executionArn"])["status"], "SUCCEEDED")


class ErrorTest(CloudTest):
    def test_wildcards(self) -> None:
        """States.ALL takes in no States.Runtime, States.TaskFailed no States.Timeout (concepts-error-handling)."""
        self.assertTrue(error_matches(["States.ALL"], "Any"))
        self.assertTrue(error_matches(["States.TaskFailed"], "CodeBuild.AccountLimitExceededException"))
        self.assertTrue(error_matches(["States.ALL"], "States.Timeout"))
        self.assertFalse(error_matches(["States.TaskFailed"], "States.Timeout"))
        self.assertFalse(error_matches(["States.ALL", "States.TaskFailed"], "States.Runtime"))
        self.assertFalse(error_matches(["States.ALL"], "States.DataLimitExceeded"))
        self.assertFalse(error_matches(["Other"], "Any"))

    def test_runtime_errors_are_not_caught(self) -> None:
        """An execution ends with States.Runtime although it catches States.ALL (concepts-error-handling)."""
        done = self.executed(
            self.task(
                {
                    "Resource": "arn:aws:states:::codebuild:startBuild.waitForSomething",
                    "Retry": [{"ErrorEquals": ["States.ALL"]}],
                    "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Caught"}],
                }
            )
        )
        self.assertEqual((done["status"], done["error"]), ("FAILED", "States.Runtime"))

    def test_retry_delays(self) -> None:
        """Back-off grows to MaxDelaySeconds, and FULL jitter draws from zero to it (concepts-error-handling, Retry)."""
        retrier = {"IntervalSeconds": 3, "BackoffRate": 2, "MaxDelaySeconds": 10}
        self.assertEqual([retry_delay(retrier, n) for n in range(4)], [3, 6, 10, 10])
        drawn = [retry_delay({**retrier, "JitterStrategy": "FULL"}, 3) for _ in range(200)]
        self.assertTrue(all(0 <= each <= 10 for each in drawn))
        self.assertTrue(min(drawn) < 3 and max(drawn) > 7)

    def test_retry_waits_no_longer_than_its_ceiling(self) -> None:
        """A running machine keeps to MaxDelaySeconds (concepts-error-handling, Retry)."""
        retry = [
            {
                "ErrorEquals": ["States.TaskFailed"],
                "IntervalSeconds": 1,
                "BackoffRate": 100,
                "MaxDelaySeconds": 2,
                "JitterStrategy": "FULL",
                "MaxAttempts": 3,
            }
        ]
        parameters = {"ProjectName": "not-there"}
        machine = self.task({"Resource": START, "Parameters": parameters, "Retry": retry})
        arn = self.executed(machine)["executionArn"]
        types = [event["type"] for event in self.states.get_execution_history(executionArn=arn)["events"]]
        self.assertEqual(types.count("TaskScheduled"), 4)


class PathTest(CloudTest):
    VARIABLES = {"build": {"vars": [{"Name": "one", "Value": "1"}, {"Name": "two", "Value": "2"}], "a == b..c": 3}}

    def passed(self, parameters: dict[str, Any]) -> Any:
        """What a Pass state makes of VARIABLES."""
        machine = self.machine(
            {"StartAt": "P", "States": {"P": {"Type": "Pass", "Parameters": parameters, "End": True}}}
        )
        return json.loads(self.executed(machine, self.VARIABLES)["output"])

    def test_filters(self) -> None:
        """A filter selects a list, its operand quoted or bare, also within an intrinsic function (amazon-states-language-paths)."""
        found = self.passed(
            {
                "bare.$": "$.build.vars[?(@.Name==two)].Value",
                "quoted.$": "$.build.vars[?(@.Name=='one')].Value",
                "none.$": "$.build.vars[?(@.Name==three)].Value",
                "first.$": "States.ArrayGetItem($.build.vars[?(@.Name==two)].Value, 0)",
                "deep.$": "$..Name",
                "slice.$": "$.build.vars[0:1].Name",
                "odd.$": "$.build['a == b..c']",
                "plain.$": "$.build.vars[1].Value",
            }
        )
        self.assertEqual(
            found,
            {
                "bare": ["2"],
                "quoted": ["1"],
                "none": [],
                "first": "2",
                "deep": ["one", "two"],
                "slice": ["one"],
                "odd": 3,
                "plain": "2",
            },
        )

    def outcome(self, state: dict[str, Any], given: Any = None) -> tuple[str, Any]:
        """How a machine ends that begins with `state`: its output, or its error."""
        plain = {} if state.get("Type") == "Choice" else {"Type": "Pass", "End": True}
        states = {"P": {**plain, **state}, "Caught": {"Type": "Succeed"}}
        done = self.executed(self.machine({"StartAt": "P", "States": states}), given or self.VARIABLES)
        return done["status"], json.loads(done["output"]) if done["status"] == "SUCCEEDED" else done["error"]

    def test_what_is_not_there(self) -> None:
        """A path to nothing fails the execution with States.Runtime, in every field that takes one (concepts-error-handling)."""
        task = {
            "Type": "Task",
            "Resource": "arn:aws:states:::events:putEvents",
            "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Caught"}],
            "Retry": [{"ErrorEquals": ["States.ALL"], "MaxAttempts": 1, "IntervalSeconds": 1}],
        }
        choice = {"Type": "Choice", "Default": "Caught"}
        branch = {"StartAt": "B", "States": {"B": {"Type": "Pass", "End": True}}}
        for state in (
            {"InputPath": "$.not.there"},
            {"OutputPath": "$.not.there"},
            {"Parameters": {"a.$": "$.not.there"}},
            {"Parameters": {"a": {"b": [{"c.$": "$.build.absent"}]}}},
            {"Parameters": {"a.$": "$$.Execution.Input.absent"}},
            {"ResultSelector": {"a.$": "$.not.there"}},
            {"Type": "Wait", "SecondsPath": "$.not.there"},
            {"Type": "Wait", "TimestampPath": "$.not.there"},
            {"Type": "Map", "ItemsPath": "$.not.there", "ItemProcessor": branch},
            {"Type": "Parallel", "Branches": [branch], "OutputPath": "$.not.there"},
            {**task, "Parameters": {"Entries.$": "States.Array($.not.there)"}},
            {**choice, "Choices": [{"Variable": "$.not.there", "StringEquals": "x", "Next": "Caught"}]},
            {**choice, "Choices": [{"Variable": "$.not.there", "IsNull": True, "Next": "Caught"}]},
            {
                **choice,
                "Choices": [{"Variable": "$.build", "StringEqualsPath": "$.not.there", "Next": "Caught"}],
            },
        ):
            with self.subTest(state):
                self.assertEqual(self.outcome(state), ("FAILED", "States.Runtime"))

    def test_intrinsics_of_what_is_not_there(self) -> None:
        """An intrinsic function, also one within another, fails with its argument's path (intrinsic-functions)."""
        for call in (
            "States.JsonToString($.not.there)",
            "States.StringToJson($.not.there)",
            "States.Format('{}', $.not.there)",
            "States.Format('{} {}', $.build.vars[0].Name, States.JsonToString($.not.there))",
            "States.Array($.not.there)",
            "States.ArrayLength($.not.there)",
            "States.JsonMerge($.build, $.not.there, false)",
            "States.JsonToString($$.Execution.Input.absent)",
        ):
            with self.subTest(call):
                self.assertEqual(self.outcome({"Parameters": {"a.$": call}}), ("FAILED", "States.Runtime"))

    def test_null_is_there(self) -> None:
        """A member that is null is a value like any other; IsPresent asks whether there is one (state-choice)."""
        given = {"null": None, "nested": {"list": [None]}}
        parameters = {"a.$": "$.null", "b.$": "$.nested.list[0]", "c.$": "States.JsonToString($.null)"}
        self.assertEqual(
            self.outcome({"Parameters": parameters}, given), ("SUCCEEDED", {"a": None, "b": None, "c": "null"})
        )
        for variable, present in (("$.null", True), ("$.absent", False), ("$$.Execution.Input.absent", False)):
            rule = {"Variable": variable, "IsPresent": present, "Next": "Caught"}
            with self.subTest(variable):
                # There is no default: no match fails.
                self.assertEqual(self.outcome({"Type": "Choice", "Choices": [rule]}, given), ("SUCCEEDED", given))

    def test_result_path(self) -> None:
        """ResultPath makes the place where it is not there, in an object only (input-output-resultpath)."""
        put = {"Result": 1, "ResultPath": "$.new.place"}
        self.assertEqual(self.outcome(put, {"old": 2}), ("SUCCEEDED", {"old": 2, "new": {"place": 1}}))
        self.assertEqual(self.outcome(put, {"new": "text"}), ("FAILED", "States.ResultPathMatchFailure"))
        self.assertEqual(self.outcome(put, ["list"]), ("FAILED", "States.ResultPathMatchFailure"))

    def test_jsonata_of_what_is_not_there(self) -> None:
        """A JSONata expression without a result is States.QueryEvaluationError, which a Catch takes in (transforming-data)."""
        state = {"QueryLanguage": "JSONata", "Output": "{% $states.input.not.there %}"}
        self.assertEqual(self.outcome(state), ("FAILED", "States.QueryEvaluationError"))
