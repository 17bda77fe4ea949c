"""python3 -m unittest discover -s infra/silo/tests -t infra/silo"""

import json
import os
import tempfile
import unittest
from unittest import mock

import by_hand
import reason
import silo
from cloudformation import CommandFailed

ARN = "arn:aws:cloudformation:eu-central-1:123456789012:stack/"
ROOT = ARN + "tenantry-tenant-0190a1b2-0000-7000-8000-000000000001/e15255d0-198f-11ec-b726-02a7eba5ab24"
DATA = ARN + "tenantry-tenant-0190a1b2-Data-7DW59NE2GVAK/e7a068f0-198f-11ec-aa73-02f20e17bf6a"
TABLES = ARN + "tenantry-tenant-0190a1b2-Data-Tables-1RV8H8I72BC9/0133b5a0-94ce-11e8-9b56-503aca261699"
NOT_CREATED = "Embedded stack %s was not successfully created: The following resource(s) failed to create: [%s]. "


def event(stack, name, kind, status, text=None, physical=""):
    """One event in AWS's shape."""
    found = {
        "StackId": stack,
        "EventId": f"{name}-{status}-2026-11-28T07:45:08.119Z",
        "StackName": stack.split("/")[1],
        "LogicalResourceId": name,
        "PhysicalResourceId": physical,
        "ResourceType": kind,
        "Timestamp": "2026-11-28T07:45:08.119000+00:00",
        "ResourceStatus": status,
    }
    return found if text is None else {**found, "ResourceStatusReason": text}


def of_stack(stack, status, text=None):
    return event(stack, stack.split("/")[1], "AWS::CloudFormation::Stack", status, text, stack)


def nested(parent, name, status, text, physical):
    return event(parent, name, "AWS::CloudFormation::Stack", status, text, physical)


class Nested(unittest.TestCase):
    """A parent says only that its nested stack failed; the reason is the nested stack's own, at any depth."""

    def first(self, stacks):
        return reason.first_failure(ROOT, lambda stack: stacks[stack][::-1])

    def test_a_creation_is_blamed_on_the_resource_though_the_nested_stacks_were_deleted_since(self):
        stacks = {
            ROOT: [
                of_stack(ROOT, "CREATE_IN_PROGRESS", "User Initiated"),
                nested(ROOT, "Data", "CREATE_IN_PROGRESS", "Resource creation Initiated", DATA),
                nested(ROOT, "Data", "CREATE_FAILED", NOT_CREATED % (DATA, "Tables"), DATA),
                event(ROOT, "Pool", "AWS::Cognito::UserPool", "CREATE_FAILED", "Resource creation cancelled"),
                of_stack(ROOT, "ROLLBACK_IN_PROGRESS", "The following resource(s) failed to create: [Data, Pool]. "),
                of_stack(ROOT, "ROLLBACK_COMPLETE"),
            ],
            DATA: [
                of_stack(DATA, "CREATE_IN_PROGRESS", "User Initiated"),
                nested(DATA, "Tables", "CREATE_FAILED", NOT_CREATED % (TABLES, "Orders"), TABLES),
                of_stack(DATA, "ROLLBACK_IN_PROGRESS", "The following resource(s) failed to create: [Tables]. "),
                of_stack(DATA, "ROLLBACK_COMPLETE"),
                of_stack(DATA, "DELETE_IN_PROGRESS", "User Initiated"),
                nested(DATA, "Tables", "DELETE_COMPLETE", None, TABLES),
                of_stack(DATA, "DELETE_COMPLETE"),
            ],
            TABLES: [
                of_stack(TABLES, "CREATE_IN_PROGRESS", "User Initiated"),
                event(TABLES, "Orders", "AWS::DynamoDB::Table", "CREATE_FAILED", "Invalid KeySchema"),
                of_stack(TABLES, "ROLLBACK_IN_PROGRESS", "The following resource(s) failed to create: [Orders]. "),
                of_stack(TABLES, "DELETE_IN_PROGRESS", "User Initiated"),
                event(TABLES, "Other", "AWS::S3::Bucket", "DELETE_FAILED", "The bucket you tried to delete is not empty"),
                of_stack(TABLES, "DELETE_FAILED", "The following resource(s) failed to delete: [Other]. "),
            ],
        }
        self.assertEqual(self.first(stacks), ("Data/Tables/Orders AWS::DynamoDB::Table", "Invalid KeySchema"))

    def test_an_update_is_blamed_on_the_resource_that_failed_in_that_update(self):
        not_updated = f"Embedded stack {DATA} was not successfully updated. Currently in UPDATE_ROLLBACK_IN_PROGRESS"
        stacks = {
            ROOT: [
                of_stack(ROOT, "UPDATE_IN_PROGRESS", "User Initiated"),
                nested(ROOT, "Data", "UPDATE_FAILED", not_updated, DATA),
                of_stack(ROOT, "UPDATE_ROLLBACK_IN_PROGRESS", "The following resource(s) failed to update: [Data]. "),
                of_stack(ROOT, "UPDATE_ROLLBACK_COMPLETE"),
            ],
            DATA: [
                of_stack(DATA, "CREATE_IN_PROGRESS", "User Initiated"),
                of_stack(DATA, "UPDATE_IN_PROGRESS", "User Initiated"),
                event(DATA, "Old", "AWS::IAM::Role", "UPDATE_FAILED", "of an earlier update"),
                of_stack(DATA, "UPDATE_ROLLBACK_COMPLETE"),
                of_stack(DATA, "UPDATE_IN_PROGRESS", "User Initiated"),
                event(DATA, "Orders", "AWS::DynamoDB::Table", "UPDATE_FAILED", "Too many indexes"),
                of_stack(DATA, "UPDATE_ROLLBACK_IN_PROGRESS", "The following resource(s) failed to update: [Orders]. "),
            ],
        }
        self.assertEqual(self.first(stacks), ("Data/Orders AWS::DynamoDB::Table", "Too many indexes"))

    def test_a_deletion_is_blamed_on_the_resource_that_stays(self):
        stacks = {
            ROOT: [
                of_stack(ROOT, "DELETE_IN_PROGRESS", "User Initiated"),
                nested(ROOT, "Data", "DELETE_FAILED", f"Embedded stack {DATA} was not successfully deleted: ", DATA),
                of_stack(ROOT, "DELETE_FAILED", "The following resource(s) failed to delete: [Data]. "),
            ],
            DATA: [
                of_stack(DATA, "CREATE_IN_PROGRESS", "User Initiated"),
                event(DATA, "Files", "AWS::S3::Bucket", "CREATE_FAILED", "of the creation"),
                of_stack(DATA, "DELETE_IN_PROGRESS", "User Initiated"),
                event(DATA, "Files", "AWS::S3::Bucket", "DELETE_FAILED", "The bucket you tried to delete is not empty"),
                of_stack(DATA, "DELETE_FAILED", "The following resource(s) failed to delete: [Files]. "),
            ],
        }
        self.assertEqual(self.first(stacks), ("Data/Files AWS::S3::Bucket", "The bucket you tried to delete is not empty"))

    def test_every_depth_is_followed_and_a_ring_ends(self):
        for depth in (1, 2, 7, 30):
            ids = [f"{ARN}level{level}/id" for level in range(depth)]
            stacks = {}
            for level, stack in enumerate(ids):
                below = ids[level + 1] if level + 1 < depth else None
                failed = (
                    nested(stack, f"N{level}", "CREATE_FAILED", NOT_CREATED % (below, "N"), below)
                    if below
                    else event(stack, "Leaf", "AWS::SQS::Queue", "CREATE_FAILED", "the reason")
                )
                stacks[stack] = [of_stack(stack, "CREATE_IN_PROGRESS", "User Initiated"), failed]
            found = reason.first_failure(ids[0], lambda stack: stacks[stack][::-1])
            self.assertEqual(found[1], "the reason")
            self.assertEqual(found[0].count("/"), depth - 1)
        ring = [of_stack(ROOT, "CREATE_IN_PROGRESS"), nested(ROOT, "Me", "CREATE_FAILED", "again", ROOT + "x")]
        back = [of_stack(ROOT + "x", "CREATE_IN_PROGRESS"), nested(ROOT + "x", "Up", "CREATE_FAILED", "up", ROOT)]
        self.assertEqual(self.first({ROOT: ring, ROOT + "x": back}), ("Me/Up AWS::CloudFormation::Stack", "up"))

    def test_a_nested_stack_whose_events_say_nothing_leaves_the_parents_words(self):
        words = NOT_CREATED % (DATA, "Tables")
        root = [of_stack(ROOT, "CREATE_IN_PROGRESS"), nested(ROOT, "Data", "CREATE_FAILED", words, DATA)]
        self.assertEqual(self.first({ROOT: root, DATA: []}), ("Data AWS::CloudFormation::Stack", words))

    def test_a_template_that_cannot_be_read_has_no_nested_stack_to_ask(self):
        root = [of_stack(ROOT, "CREATE_IN_PROGRESS"), nested(ROOT, "Data", "CREATE_FAILED", "TemplateURL is wrong", "")]
        self.assertEqual(self.first({ROOT: root}), ("Data AWS::CloudFormation::Stack", "TemplateURL is wrong"))


class ByHand(unittest.TestCase):
    """What somebody did to a stack by hand is named as that, with a code."""

    def explained(self, findings, events=()):
        def call(operation, request):
            if isinstance(events, str):
                raise CommandFailed(operation, events)
            return {"StackEvents": list(events)[::-1]}

        with tempfile.TemporaryDirectory() as folder:
            before = os.getcwd()
            os.chdir(folder)
            try:
                silo.FINDINGS.write_text(json.dumps(findings), encoding="utf-8")
                with mock.patch.object(silo, "connect", lambda: call), mock.patch("builtins.print"):
                    return silo.explain({}, 0.0)
            finally:
                os.chdir(before)

    def test_aws_s_own_words_have_a_code_and_a_meaning(self):
        words = {
            "An error occurred (ValidationError) when calling the DeleteStack operation: Stack [t] cannot be deleted "
            "while TerminationProtection is enabled": by_hand.PROTECTED,
            "Action denied by stack policy: Statement [#1] does not allow [Update:*] for resource [*]": by_hand.PROTECTED,
            "Resource handler returned message: \"Resource cannot be deleted as it is currently protected against "
            "deletion. Disable deletion protection first.\" (HandlerErrorCode: InvalidRequest)": by_hand.PROTECTED,
            "The user pool cannot be deleted because deletion protection is activated. Deletion protection must be "
            "inactivated first.": by_hand.PROTECTED,
            "Resource handler returned message: \"User pool x does not exist.\" (HandlerErrorCode: NotFound)": by_hand.CHANGED,
            "Stack:arn:x is in UPDATE_ROLLBACK_FAILED state and can not be updated.": by_hand.CHANGED,
        }
        for text, code in words.items():
            found = self.explained({"FailureStep": "delete-stack", "FailureReason": text})
            self.assertEqual(found["FailureCode"], code, text)
            self.assertTrue(found["FailureReason"].endswith(f"({reason.clean(text, 1000)})"), found)

    def test_other_words_have_none(self):
        for text in ("Invalid KeySchema", "Rate exceeded", "User: x is not authorized to perform: y", ""):
            self.assertEqual(self.explained({"FailureStep": "s", "FailureReason": text})["FailureCode"], "", text)

    def test_an_update_that_was_cancelled_by_hand_says_so(self):
        events = [
            of_stack(ROOT, "UPDATE_IN_PROGRESS", "User Initiated"),
            event(ROOT, "Table", "AWS::DynamoDB::Table", "UPDATE_FAILED", "Resource update cancelled"),
            of_stack(ROOT, "UPDATE_ROLLBACK_IN_PROGRESS", "User Initiated"),
            of_stack(ROOT, "UPDATE_ROLLBACK_COMPLETE"),
        ]
        found = self.explained({"FailureStep": "deploy", "FailureReason": "x", "FailedStackId": ROOT}, events)
        self.assertEqual(found["FailureCode"], by_hand.CHANGED)
        self.assertIn("somebody cancelled the update", found["FailureReason"])

    def test_a_code_that_is_known_already_stays(self):
        known = {"FailureStep": "update", "FailureReason": "gone", "FailureCode": by_hand.GONE}
        self.assertEqual(self.explained(known)["FailureCode"], by_hand.GONE)

    def test_events_that_cannot_be_read_leave_what_is_known(self):
        known = {"FailureStep": "deploy", "FailureReason": "the stack is ROLLBACK_COMPLETE", "FailedStackId": ROOT}
        found = self.explained(known, "AccessDenied")
        self.assertEqual((found["FailureStep"], found["FailureReason"]), ("deploy", "the stack is ROLLBACK_COMPLETE"))


if __name__ == "__main__":
    unittest.main()
