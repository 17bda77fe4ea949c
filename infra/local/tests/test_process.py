"""The process itself: where it listens, what it fits, and what it leaves behind."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import tempfile
import unittest
from contextlib import redirect_stderr
from pathlib import Path
from typing import Any
from unittest import mock

from ministack.services import stepfunctions

from tenantry_local import __main__ as program
from tenantry_local import plugin, seams, source

from .cloud import BUILD_SLOTS, KEY, ROLE, SECRET, Server, alive, until, zipped
from .test_builds import WAITS, note

ROOT = Path(__file__).resolve().parent.parent

FUNCTION = """
import os
def handler(event, context):
    return os.getpid()
"""


class ListenTest(unittest.TestCase):
    def test_only_loopback(self) -> None:
        """Every address but the loopback's is refused, and so is none (builds run with the user's rights)."""
        for host in ("0.0.0.0", "", "192.0.2.1", "::", "example.com"):
            with self.subTest(host), mock.patch.dict("os.environ", {"BIND_HOST": host}):
                said = io.StringIO()
                with redirect_stderr(said):
                    self.assertEqual(program.main(), 2)
                self.assertIn("BIND_HOST=127.0.0.1", said.getvalue())


class SeamTest(unittest.TestCase):
    def test_this_release_fits(self) -> None:
        """Every function that is replaced or called is as expected in the pinned release."""
        self.assertEqual(seams.problems(), [])
        self.assertIn(f"ministack=={seams.RELEASE}\n", (ROOT / "requirements.in").read_text())

    def test_another_release_is_refused(self) -> None:
        """Another release ends the start with a message that names both."""
        with mock.patch("importlib.metadata.version", return_value="9.9.9"):
            with self.assertRaisesRegex(seams.SeamError, f"9.9.9 .*{seams.RELEASE}"):
                seams.check()

    def test_a_moved_seam_is_named(self) -> None:
        """A function that is gone, has other parameters, or is no longer reached is named."""
        original = stepfunctions._run_execution
        with mock.patch.object(stepfunctions, "_run_execution", lambda arn, more: None):
            found = "\n".join(seams.problems())
        self.assertIn("_run_execution has other parameters", found)
        self.assertIn("_run_execution no longer uses _fail_execution", found)
        self.assertIs(stepfunctions._run_execution, original)
        with mock.patch.object(stepfunctions, "_stop_execution", None):
            self.assertIn("_stop_execution is gone", "\n".join(seams.problems()))

    def test_a_moved_seam_ends_the_start(self) -> None:
        """The program ends with status 3 and the message, and serves nothing."""
        code = (
            "from unittest import mock; import sys, tenantry_local.__main__ as m; "
            "mock.patch('tenantry_local.seams.RELEASE', '0.0.0').start(); sys.exit(m.main())"
        )
        environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), "BIND_HOST": "127.0.0.1"}
        environment |= {"AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET}
        done = subprocess.run(
            [sys.executable, "-B", "-c", code], env=environment, capture_output=True, text=True, timeout=30, check=False
        )
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertIn("0.0.0 is needed", done.stderr)


class PluginTest(unittest.TestCase):
    def test_a_plugin_is_loaded_only_if_it_is_named(self) -> None:
        """The file that TENANTRY_LOCAL_PLUGIN names is installed; without a name nothing is."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "plug.py"
            path.write_text("def install():\n    raise RuntimeError('installed')\n")
            plugin.install()
            with mock.patch.dict("os.environ", {"TENANTRY_LOCAL_PLUGIN": str(path)}):
                self.assertRaisesRegex(RuntimeError, "installed", plugin.install)

    def test_a_plugin_that_is_none_is_refused(self) -> None:
        """A file that is not there, or that has no function `install`, ends the start."""
        with tempfile.TemporaryDirectory() as folder:
            empty = Path(folder) / "empty.py"
            empty.write_text("")
            for path in (empty, Path(folder) / "none.py"):
                with mock.patch.dict("os.environ", {"TENANTRY_LOCAL_PLUGIN": str(path)}):
                    self.assertRaisesRegex(plugin.PluginError, path.name, plugin.install)


class SourceTest(unittest.TestCase):
    def test_entries_stay_inside(self) -> None:
        """No entry of a source zip leads out of its folder, by whatever spelling."""
        for name in ("../x", "a/../../x", "/etc/x", "..\\x"):
            with self.subTest(name), self.assertRaises(source.SourceError):
                import zipfile

                source.extract(zipfile.ZipFile(io.BytesIO(zipped({name: "x"}))), Path("/nonexistent"))


class EndTest(unittest.TestCase):
    def test_nothing_is_left_behind(self) -> None:
        """SIGTERM ends the server, running and queued builds, functions' processes, and removes the work folder's contents."""
        server = Server(TENANTRY_LOCAL_BUILD_MINUTE="60")
        self.addCleanup(server.stop)
        codebuild, functions = server.client("codebuild"), server.client("lambda")
        codebuild.create_project(
            name="waits",
            source={"type": "NO_SOURCE", "buildspec": WAITS},
            artifacts={"type": "NO_ARTIFACTS"},
            environment={"type": "LINUX_CONTAINER", "image": "any", "computeType": "BUILD_GENERAL1_SMALL"},
            serviceRole=ROLE,
        )
        processes = []
        for index in range(BUILD_SLOTS + 1):
            path = server.folder / f"note{index}"
            variables = [{"name": "NOTE", "value": str(path)}]
            codebuild.start_build(projectName="waits", environmentVariablesOverride=variables)
            processes += note(path) if index < BUILD_SLOTS else []
        functions.create_function(
            FunctionName="pid",
            Runtime=f"python{sys.version_info.major}.{sys.version_info.minor}",
            Role=ROLE,
            Handler="index.handler",
            Code={"ZipFile": zipped({"index.py": FUNCTION})},
        )
        processes.append(int(functions.invoke(FunctionName="pid")["Payload"].read()))
        self.assertTrue(all(map(alive, processes)))
        builds = server.folder / "builds"
        server.process.terminate()
        self.assertEqual(server.process.wait(15), 0)
        until(lambda: not any(map(alive, processes)), "the processes to end", 5)
        self.assertEqual(list(builds.iterdir()), [])

    def test_no_execution_goes_on(self) -> None:
        """SIGTERM ends executions with their builds: none catches that and starts another build."""
        server = Server(TENANTRY_LOCAL_BUILD_MINUTE="60")
        self.addCleanup(server.stop)
        codebuild, states = server.client("codebuild"), server.client("stepfunctions")
        codebuild.create_project(
            name="waits",
            source={"type": "NO_SOURCE", "buildspec": WAITS},
            artifacts={"type": "NO_ARTIFACTS"},
            environment={"type": "LINUX_CONTAINER", "image": "any", "computeType": "BUILD_GENERAL1_SMALL"},
            serviceRole=ROLE,
        )
        path = server.folder / "note"

        def build(**more: Any) -> dict[str, Any]:
            variables = [{"Name": "NOTE", "Value": str(path)}]
            arguments = {"ProjectName": "waits", "EnvironmentVariablesOverride": variables}
            return {
                "Type": "Task",
                "Resource": "arn:aws:states:::codebuild:startBuild.sync",
                "Parameters": arguments,
                **more,
            }

        catch = [{"ErrorEquals": ["States.ALL"], "Next": "CleanUp"}]
        definition = {"StartAt": "Deploy", "States": {"Deploy": build(Catch=catch, End=True), "CleanUp": build(End=True)}}
        machine = states.create_state_machine(name="m", definition=json.dumps(definition), roleArn=ROLE)
        states.start_execution(stateMachineArn=machine["stateMachineArn"])
        processes = note(path)
        log = server.log
        server.process.terminate()
        self.assertEqual(server.process.wait(15), 0)
        until(lambda: not any(map(alive, processes)), "the processes to end", 5)
        self.assertEqual(log.read_text().count(" submitted"), 1)
        self.assertEqual(list((server.folder / "builds").iterdir()), [])
