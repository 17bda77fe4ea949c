"""python3 -m unittest discover -s infra/silo/tests -t infra/silo"""

import contextlib
import io
import itertools
import json
import os
import re
import tempfile
import unittest

import silo
from literal import literal
from request import Request
from stack import Stack
from tests.test_request import GOOD

#: "'{{resolve:service-name:reference-key}}'", CloudFormation User Guide; services in any case, to be strict.
REFERENCE = re.compile(r"\{\{\s*resolve:", re.IGNORECASE)
SERVICES = ("ssm", "ssm-secure", "secretsmanager")


class Literal(unittest.TestCase):
    """No text is a dynamic reference once it is literal, and what holds none is as it was."""

    def test_every_service_anywhere_in_a_text(self):
        for service, before, after in itertools.product(SERVICES, ("", "Tea ", "{", "{{", "{{{", "$", "}}"), ("", "}", " x")):
            text = f"{before}{{{{resolve:{service}:/prod/db-password}}}}{after}"
            self.assertIsNone(REFERENCE.search(literal(text)), text)

    def test_every_short_text_of_what_a_reference_is_made_of(self):
        parts = ("{", "}", "resolve:", "RESOLVE:", "ssm:", " ", "x")
        for length in range(1, 6):
            for chosen in itertools.product(parts, repeat=length):
                text = "".join(chosen)
                made = literal(text)
                self.assertIsNone(REFERENCE.search(made), text)
                # A template that writes a brace in front makes none of it either.
                self.assertNotIn("{{resolve:", ("{" + made).lower(), text)
                self.assertEqual(made.replace(" ", ""), text.replace(" ", ""))
                self.assertEqual(literal(made), made, "twice is once")

    def test_other_text_is_as_it_was(self):
        for text in ("Acme", "{Curly} Brace { Co }", "{{y}}", "Mustache {{name}}", "a}}b", "resolve:ssm:x", "${AWS::Region}", "日本 {x}", "!Ref X", ""):
            self.assertEqual(literal(text), text)


class Parameters(unittest.TestCase):
    """Whatever a tenant supplies, no parameter and no tag that reaches CloudFormation is a reference."""

    def sent(self, environment):
        sent = []

        def call(operation, request):
            sent.append((operation, request))
            status = {"StackId": "arn:s", "StackName": "t", "StackStatus": "CREATE_COMPLETE"}
            if operation == "describe_stacks" and len(sent) == 1:
                from cloudformation import CommandFailed

                raise CommandFailed(operation, "Stack with id t does not exist")
            return {"Stacks": [status]}

        request = Request.read(environment)
        stack = Stack(call, request.stack_name, request.role_arn, float("inf"))
        with contextlib.redirect_stdout(io.StringIO()):
            stack.deploy("Resources: {}", request.parameters(), request.tags())
        return [body for operation, body in sent if operation == "create_stack"][0]

    def test_every_variable_that_a_tenant_can_fill(self):
        name = "{{resolve:secretsmanager:prod/db:SecretString:password}}"
        body = self.sent({**GOOD, "TENANT_NAME": name})
        values = [each["ParameterValue"] for each in body["Parameters"]] + [each["Value"] for each in body["Tags"]]
        for value in values:
            self.assertIsNone(REFERENCE.search(value), value)
        by_key = {each["ParameterKey"]: each["ParameterValue"] for each in body["Parameters"]}
        self.assertEqual(by_key["TenantName"], "{ { resolve:secretsmanager:prod/db:SecretString:password}}")

    def test_the_others_cannot_hold_one_at_all(self):
        from request import InvalidRequest

        for variable in ("TENANT_TIER", "TENANT_ID", "OPERATION_ID", "TENANT_STACK_NAME"):
            with self.assertRaises(InvalidRequest, msg=variable):
                Request.read({**GOOD, variable: "{{resolve:ssm:/prod/db-password}}"})


class Values(unittest.TestCase):
    """An output comes out of `silo.py value` in one line, with every character that it went in with."""

    def value(self, *outputs):
        with tempfile.TemporaryDirectory() as folder:
            before = os.getcwd()
            os.chdir(folder)
            try:
                silo.FINDINGS.write_text(json.dumps({f"O{at}": text for at, text in enumerate(outputs)}), encoding="utf-8")
                out = io.StringIO()
                with contextlib.redirect_stdout(out):
                    self.assertEqual(silo.main(["value", *(f"O{at}" for at in range(len(outputs)))]), 0)
                return out.getvalue()
            finally:
                os.chdir(before)

    def read(self, line):
        return json.loads(line[len(silo.ENCODED) :]) if line.startswith(silo.ENCODED) else line

    def test_a_key_keeps_its_line_breaks(self):
        key = "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE\n-----END PUBLIC KEY-----\n"
        self.assertEqual(self.read(self.value(key)[:-1]), key)

    def test_every_character_survives_and_a_line_is_a_line(self):
        odd = [chr(code) for code in (*range(0x00, 0x120), 0x85, 0x2028, 0x2029, 0xFEFF, 0x1F600, 0xE000)]
        texts = [f"a{char}b" for char in odd] + odd + ["json:", 'json:"x"', "json", "", " a ", "\r\n", "\\n", '"']
        lines = self.value(*texts).split("\n")
        self.assertEqual(lines.pop(), "")
        self.assertEqual([self.read(line) for line in lines], texts)

    def test_a_plain_output_is_as_it_is(self):
        for text in ("https://x.example/", "eu-central-1_AbC", "Ünïcode ✓", '{"a": 1}'):
            self.assertEqual(self.value(text), text + "\n")


if __name__ == "__main__":
    unittest.main()
