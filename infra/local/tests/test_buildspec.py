"""https://docs.aws.amazon.com/codebuild/latest/userguide/build-spec-ref.html"""

import unittest

from tenantry_local import buildspec
from tenantry_local.buildspec import BuildspecError


class BuildspecTest(unittest.TestCase):
    def test_commands_may_be_a_list_or_one_string(self) -> None:
        """`commands` is read alike as a list and as one string (page: phases/*/commands)."""
        spec = buildspec.parse(
            "version: 0.2\nphases:\n  install: {commands: a}\n  build: {commands: [b, c], finally: d}"
        )
        self.assertEqual(spec.phases["install"].commands, ("a",))
        self.assertEqual(spec.phases["build"].commands, ("b", "c"))
        self.assertEqual(spec.phases["build"].always, ("d",))

    def test_json_is_read(self) -> None:
        """A buildspec may be JSON (page: buildspec syntax)."""
        spec = buildspec.parse(
            '{"version": 0.2, "env": {"variables": {"N": 1}}, "phases": {"build": {"commands": []}}}'
        )
        self.assertEqual(spec.variables, {"N": "1"})

    def test_what_is_refused(self) -> None:
        """Versions, phases, shells and failure modes that the page does not list are refused by name."""
        cases = {
            "version: 0.1\nphases: {build: {commands: x}}": "version",
            "version: 0.2": "no phases",
            "version: 0.2\nphases: {deploy: {commands: x}}": "deploy",
            "version: 0.2\nphases: {build: {on-failure: SHRUG}}": "SHRUG",
            "version: 0.2\nenv: {shell: fish}\nphases: {build: {}}": "fish",
            "version: 0.2\nenv: {secrets-manager: {A: b}}\nphases: {build: {}}": "secrets-manager",
            "version: 0.2\nphases: {build: {commands: [{a: b}]}}": "not a string",
            "a: [": "YAML",
        }
        for text, word in cases.items():
            with self.subTest(text), self.assertRaisesRegex(BuildspecError, word):
                buildspec.parse(text)
