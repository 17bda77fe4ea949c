"""python3 -m unittest discover -s infra/silo/tests -t infra/silo"""

import time
import unittest
from unittest import mock

import stack
from cloudformation import CommandFailed
from stack import Stack, StackFailed

ID = "arn:aws:cloudformation:eu-central-1:123456789012:stack/t/1"
GONE = "(ValidationError) when calling the DescribeStacks operation: Stack with id t does not exist"


def found(status, **more):
    return {"Stacks": [{"StackId": ID, "StackStatus": status, **more}]}


class WithAnswers(unittest.TestCase):
    """A stack whose CloudFormation answers from a script: an object, or a text that is an error."""

    def setUp(self):
        self.enterContext(mock.patch.object(stack, "FIRST_PAUSE", 0.01))
        self.enterContext(mock.patch("builtins.print"))
        self.stack = Stack(self.call, "t", "arn:aws:iam::123456789012:role/r", time.monotonic() + 60)
        self.answers()

    def answers(self, *answers):
        self.script, self.calls, self.requests = list(answers), [], []

    def call(self, operation, request):
        self.calls.append(operation)
        self.requests.append(request)
        answer = self.script.pop(0) if self.script else "no answer is left"
        if isinstance(answer, str):
            raise CommandFailed(operation, f"An error occurred {answer}")
        return answer

    def deploy(self):
        parameters = [{"ParameterKey": "TenantName", "ParameterValue": "$(x) {{y}}\n"}]
        return self.stack.deploy("Resources: {}", parameters, [{"Key": "k", "Value": "v"}])


class Deploy(WithAnswers):
    def test_a_new_stack_is_created_and_awaited(self):
        self.answers(GONE, {"StackId": ID}, found("CREATE_IN_PROGRESS"), found("CREATE_COMPLETE"))
        self.assertEqual(self.deploy()["StackStatus"], "CREATE_COMPLETE")
        self.assertEqual(self.calls, ["describe_stacks", "create_stack", "describe_stacks", "describe_stacks"])
        self.assertEqual(self.requests[1]["Parameters"][0]["ParameterValue"], "$(x) {{y}}\n")
        self.assertEqual(self.requests[1]["TemplateBody"], "Resources: {}")

    def test_one_that_is_there_is_updated(self):
        self.answers(found("CREATE_COMPLETE"), {}, found("UPDATE_COMPLETE"))
        self.deploy()
        self.assertEqual(self.calls[1], "update_stack")

    def test_nothing_to_change_is_success(self):
        self.answers(found("UPDATE_COMPLETE"), "(ValidationError): No updates are to be performed.")
        self.assertEqual(self.deploy()["StackStatus"], "UPDATE_COMPLETE")

    def test_what_is_under_way_is_awaited_first(self):
        self.answers(found("UPDATE_IN_PROGRESS"), found("UPDATE_COMPLETE"), {}, found("UPDATE_COMPLETE"))
        self.deploy()
        self.assertEqual(self.calls[:3], ["describe_stacks", "describe_stacks", "update_stack"])

    def test_what_a_failed_creation_left_is_deleted_first(self):
        for status in stack.NEVER_WORKED:
            self.answers(found(status), {}, found("DELETE_COMPLETE"), {"StackId": ID}, found("CREATE_COMPLETE"))
            self.deploy()
            calls = [call for call in self.calls if call != "describe_stacks"]
            self.assertEqual(calls, ["delete_stack", "create_stack"], status)

    def test_a_stack_that_worked_is_never_deleted(self):
        self.answers(found("UPDATE_ROLLBACK_FAILED"), "(ValidationError): can not be updated")
        with self.assertRaises(CommandFailed):
            self.deploy()
        self.assertEqual(self.calls, ["describe_stacks", "update_stack"])

    def test_a_stack_that_is_not_the_tenants_is_not_touched(self):
        tags = [{"Key": "tenantry:tenant-id", "Value": "a"}]
        for present in ([], [{"Key": "tenantry:tenant-id", "Value": "b"}], [{"Key": "team", "Value": "x"}]):
            self.answers(found("CREATE_COMPLETE", StackName="t", Tags=present))
            with self.assertRaises(CommandFailed) as raised:
                self.stack.deploy("Resources: {}", [], tags)
            self.assertEqual((raised.exception.code, self.calls), ("StackChanged", ["describe_stacks"]))
        self.answers(found("CREATE_COMPLETE", StackName="t", Tags=tags), {}, found("UPDATE_COMPLETE"))
        self.stack.deploy("Resources: {}", [], tags)
        self.assertEqual(self.calls[1], "update_stack")

    def test_one_that_is_deleted_meanwhile_is_gone(self):
        self.answers(GONE, {"StackId": ID}, found("DELETE_COMPLETE"))
        with self.assertRaises(CommandFailed) as raised:
            self.deploy()
        self.assertEqual(raised.exception.code, "StackGone")

    def test_a_failure_is_told(self):
        self.answers(GONE, {"StackId": ID}, found("ROLLBACK_COMPLETE", StackStatusReason="because"))
        with self.assertRaises(StackFailed) as raised:
            self.deploy()
        self.assertEqual((raised.exception.phase, raised.exception.stack_id), ("deploy", ID))
        self.assertIn("because", str(raised.exception))

    def test_the_time_has_an_end(self):
        self.stack.deadline = time.monotonic() - 1
        self.answers(found("CREATE_IN_PROGRESS"))
        with self.assertRaises(StackFailed) as raised:
            self.deploy()
        self.assertEqual(raised.exception.phase, "wait")


class Events(WithAnswers):
    def test_every_page_is_read(self):
        self.answers({"StackEvents": [{"a": "1"}], "NextToken": "n"}, {"StackEvents": [{"a": "2"}]})
        self.assertEqual([event["a"] for event in self.stack.events()], ["1", "2"])
        self.assertEqual(self.requests[1]["NextToken"], "n")


class Change(WithAnswers):
    PARAMETERS = [{"ParameterKey": "Suspended", "ParameterValue": "false"}, {"ParameterKey": "Tier", "ParameterValue": "t"}]

    def test_one_parameter_is_changed_and_nothing_else(self):
        self.answers(found("CREATE_COMPLETE", Parameters=self.PARAMETERS), {}, found("UPDATE_COMPLETE"))
        self.stack.change("Suspended", "true", [])
        self.assertEqual(self.calls[1], "update_stack")

    def test_no_change_is_success(self):
        self.answers(found("CREATE_COMPLETE", Parameters=self.PARAMETERS), "(ValidationError): No updates are to be performed.")
        self.assertEqual(self.stack.change("Suspended", "false", [])["StackStatus"], "CREATE_COMPLETE")

    def test_a_stack_that_is_not_there_is_not_made(self):
        self.answers(GONE)
        with self.assertRaises(CommandFailed) as raised:
            self.stack.change("Suspended", "true", [])
        self.assertEqual((raised.exception.code, self.calls), ("StackGone", ["describe_stacks"]))

    def test_a_stack_that_is_not_the_tenants_is_not_touched(self):
        self.answers(found("CREATE_COMPLETE", StackName="t", Parameters=self.PARAMETERS))
        with self.assertRaises(CommandFailed) as raised:
            self.stack.change("Suspended", "true", [{"Key": "tenantry:tenant-id", "Value": "a"}])
        self.assertEqual((raised.exception.code, self.calls), ("StackChanged", ["describe_stacks"]))

    def test_a_template_without_the_parameter_is_told(self):
        self.answers(found("CREATE_COMPLETE", Parameters=[]))
        with self.assertRaises(CommandFailed) as raised:
            self.stack.change("Suspended", "true", [])
        self.assertIn("Suspended", str(raised.exception))
        self.assertEqual(raised.exception.code, "StackChanged")


class Delete(WithAnswers):
    def test_one_that_is_not_there_is_success(self):
        self.answers(GONE)
        self.stack.delete([])
        self.assertEqual(self.calls, ["describe_stacks"])

    def test_another_tenants_is_not_touched_and_one_without_tags_is_the_tenants(self):
        tags, others = ([{"Key": "tenantry:tenant-id", "Value": value}] for value in "ab")
        self.answers(found("CREATE_COMPLETE", StackName="t", Tags=others))
        with self.assertRaises(CommandFailed) as raised:
            self.stack.delete(tags)
        self.assertEqual((raised.exception.code, self.calls), ("StackChanged", ["describe_stacks"]))
        for present in ([], tags):
            self.answers(found("CREATE_COMPLETE", StackName="t", Tags=present), {}, GONE)
            self.stack.delete(tags)
            self.assertEqual(self.calls[1], "delete_stack")

    def test_a_creation_under_way_is_awaited_and_then_deleted(self):
        self.answers(found("CREATE_IN_PROGRESS"), found("CREATE_COMPLETE"), {}, found("DELETE_IN_PROGRESS"), GONE)
        self.stack.delete([])
        self.assertEqual(self.calls[2], "delete_stack")

    def test_a_deletion_under_way_is_awaited_only(self):
        self.answers(found("DELETE_IN_PROGRESS"), found("DELETE_COMPLETE"))
        self.stack.delete([])
        self.assertNotIn("delete_stack", self.calls)

    def test_a_failure_is_told(self):
        self.answers(found("CREATE_COMPLETE"), {}, found("DELETE_FAILED"))
        with self.assertRaises(StackFailed) as raised:
            self.stack.delete([])
        self.assertEqual(raised.exception.phase, "delete")

    def test_another_error_is_not_taken_for_absence(self):
        self.answers("(AccessDenied) when calling the DescribeStacks operation")
        with self.assertRaises(CommandFailed):
            self.stack.delete([])


if __name__ == "__main__":
    unittest.main()
