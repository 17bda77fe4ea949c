"""python3 -m unittest discover -s infra/silo/tests -t infra/silo"""

import unittest

import reason

STACK = "arn:aws:cloudformation:eu-central-1:123456789012:stack/t/1"


def event(name, kind, status, text="", physical=""):
    found = {"StackId": STACK, "LogicalResourceId": name, "ResourceType": kind, "ResourceStatus": status}
    found["PhysicalResourceId"] = physical
    if text:
        found["ResourceStatusReason"] = text
    return found


def of_stack(status, text=""):
    return event("t", "AWS::CloudFormation::Stack", status, text, STACK)


def first(newest_first):
    return reason.first_failure(STACK, lambda stack: newest_first)


class FirstFailure(unittest.TestCase):
    def test_the_first_resource_to_fail_is_to_blame(self):
        newest_first = [
            of_stack("ROLLBACK_COMPLETE"),
            of_stack("ROLLBACK_IN_PROGRESS", "The following resource(s) failed to create: [Table, Pool]."),
            event("Late", "AWS::IAM::Role", "CREATE_FAILED", "Access denied"),
            event("Table", "AWS::DynamoDB::Table", "CREATE_FAILED", "Invalid KeySchema"),
            event("Pool", "AWS::Cognito::UserPool", "CREATE_FAILED", "Resource creation cancelled"),
            of_stack("CREATE_IN_PROGRESS", "User Initiated"),
        ]
        self.assertEqual(first(newest_first), ("Table AWS::DynamoDB::Table", "Invalid KeySchema"))

    def test_what_failed_in_an_earlier_operation_does_not_count(self):
        newest_first = [
            event("Pool", "AWS::Cognito::UserPool", "DELETE_FAILED", "In use"),
            of_stack("DELETE_IN_PROGRESS", "User Initiated"),
            event("Table", "AWS::DynamoDB::Table", "CREATE_FAILED", "Invalid KeySchema"),
            of_stack("CREATE_IN_PROGRESS", "User Initiated"),
        ]
        self.assertEqual(first(newest_first), ("Pool AWS::Cognito::UserPool", "In use"))

    def test_without_a_resource_the_stack_itself_says_why(self):
        newest_first = [
            of_stack("ROLLBACK_COMPLETE"),
            of_stack("ROLLBACK_IN_PROGRESS", "Transform failed"),
            of_stack("CREATE_IN_PROGRESS", "User Initiated"),
        ]
        self.assertEqual(first(newest_first), ("t AWS::CloudFormation::Stack", "Transform failed"))

    def test_no_failure_is_none(self):
        self.assertIsNone(first([of_stack("CREATE_IN_PROGRESS", "User Initiated")]))
        self.assertIsNone(first([]))


class Clean(unittest.TestCase):
    def test_one_line_without_control_characters(self):
        self.assertEqual(reason.clean("a\x1b[31m\r\nb\u2028c\u202ed  e\x00", 100), "a [31m b c d e")

    def test_the_limit_is_kept(self):
        self.assertEqual(len(reason.clean("x" * 5000, 1000)), 1000)


if __name__ == "__main__":
    unittest.main()
