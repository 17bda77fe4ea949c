"""The silo's own state machines, where they tell a build that never began from one that failed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from .cloud import BUILD_SLOTS, CloudTest
from .test_builds import WAITS, note

MACHINES = Path(__file__).resolve().parents[3] / "statemachines"
#: Each machine with a build, that build's state, and where it goes when the build fails.
BUILDS = (
    ("provision-silo", "Deploy", "CleanUp"),
    ("suspend-silo", "Update", "RecordFailure"),
    ("deprovision-silo", "Destroy", "RecordFailure"),
)
#: What a tenant could be called to pass for a build that expired.
NAME = 'x"}, {"PhaseType": "QUEUED", "PhaseStatus": "TIMED_OUT"}'


class CapacityTest(CloudTest):
    def after(self, machine: str, build: str, project: str) -> str:
        """The state that the machine goes to after its build, every other one being an end."""
        text = (MACHINES / f"{machine}.asl.json").read_text()
        definition = json.loads(text)
        kept = {build, "HadItsTurn"}
        for name in definition["States"]:
            if name not in kept:
                definition["States"][name] = {"Type": "Pass", "Output": name, "End": True}
        task = definition["States"][build]
        task["Arguments"]["ProjectName"] = project
        task["Retry"] = []
        value = {"tenantId": self.name("tenant"), "tenantName": NAME, "tier": "t", "stackName": "s", "operationId": "1-1", "kind": "suspend"}
        done = self.executed(self.machine(definition), value)
        self.assertEqual(done["status"], "SUCCEEDED", done.get("cause"))
        state: str = json.loads(done["output"])
        return state

    def occupy(self) -> None:
        """Have as many builds at work as there can be."""
        path = self.folder()
        project = self.project(WAITS)
        for index in range(BUILD_SLOTS):
            variables: list[Any] = [{"name": "NOTE", "value": str(path / str(index))}]
            started = self.codebuild.start_build(projectName=project, environmentVariablesOverride=variables)
            self.addCleanup(self.codebuild.stop_build, id=started["build"]["id"])
        for index in range(BUILD_SLOTS):
            note(path / str(index))

    def test_a_build_that_expired_in_the_queue_is_put_off(self) -> None:
        """It is TIMED_OUT in its phase QUEUED (view-build-details-phases): there was no capacity, and nothing failed."""
        self.occupy()
        for machine, build, _ in BUILDS:
            project = self.project("version: 0.2\nphases: {build: {commands: 'true'}}", queuedTimeoutInMinutes=5)
            self.assertEqual("Defer", self.after(machine, build, project), machine)

    def test_a_build_that_failed_has_failed(self) -> None:
        """Whatever a tenant is called: its name is a text in the Build."""
        for machine, build, failed in BUILDS:
            project = self.project("version: 0.2\nphases: {build: {commands: 'exit 1'}}")
            self.assertEqual(failed, self.after(machine, build, project), machine)
