"""Runs one build from its queue to its end, phase by phase.

Phases and their order: https://docs.aws.amazon.com/codebuild/latest/userguide/view-build-details-phases.html

A build runs with the rights of the user who started the local cloud, in a work
folder and with a clean environment, but in no sandbox: run only buildspecs that
you would run yourself.
"""

from __future__ import annotations

import contextvars
import logging
import shutil
import threading
from pathlib import Path

from . import build_environment, build_events, buildspec, settings, source
from .build_log import BuildLog
from .build_record import FAILED, FAULT, STOPPED, SUCCEEDED, TIMED_OUT, Phases, Record
from .build_slots import Slots
from .shell import Shell

logger = logging.getLogger("tenantry_local.codebuild")


class Run:
    """A build under way. Everything but `stop`, `start` and `wait` is its own thread's."""

    def __init__(self, record: Record, slots: Slots) -> None:
        self.record = record
        self._slots = slots
        self._phases = Phases(record)
        self._ended = threading.Event()
        self._interrupted: str | None = None
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._shell: Shell | None = None
        self._succeeding = True
        # The emulator's stores are scoped by the request's account and region.
        self._context = contextvars.copy_context()

    def start(self) -> None:
        """Submit the build; returns at once."""
        self._thread = threading.Thread(target=self._context.run, args=(self._guarded,), daemon=True)
        self._thread.start()

    def stop(self, status: str = STOPPED) -> None:
        """End the build early, with `status`; returns at once. Later calls change nothing."""
        with self._lock:
            if self._interrupted is None and not self._ended.is_set():
                self._interrupted = status
            shell = self._shell
        self._slots.wake()
        if shell is not None:
            shell.kill()

    def wait(self, seconds: float | None = None) -> bool:
        """True when the build is over, at the latest after `seconds`."""
        return self._ended.wait(seconds)

    def join(self, seconds: float) -> None:
        """Wait until the build is over and its folder is gone, at most `seconds`."""
        if self._thread is not None:
            self._thread.join(seconds)

    @property
    def interrupted(self) -> bool:
        """Somebody stopped the build, or its time is up."""
        return self._interrupted is not None

    def _guarded(self) -> None:
        try:
            self._whole()
        except Exception:
            logger.exception("build %s broke off", self.record["id"])
            if not self.record["buildComplete"]:
                self._phases.end(FAULT, "INTERNAL_SERVICE_ERROR", "the local cloud's build runner failed")
                self._finish(FAULT)
        finally:
            self._ended.set()

    def _whole(self) -> None:
        build_events.state_change(self.record)
        self._end_phase(SUCCEEDED)
        self._phases.begin("QUEUED")
        queue_limit = settings.build_minutes(self.record["queuedTimeoutInMinutes"])
        if not self._slots.take(self, queue_limit):
            status = self._interrupted or TIMED_OUT
            self._end_phase(status)
            self._finish(status)
            return
        timer = threading.Timer(settings.build_minutes(self.record["timeoutInMinutes"]), self.stop, args=(TIMED_OUT,))
        timer.daemon = True
        timer.start()
        folder = settings.work_folder() / self.record["id"].rpartition(":")[2]
        try:
            self._in_slot(folder)
        finally:
            timer.cancel()
            if self._shell is not None:
                self._shell.close()
            shutil.rmtree(folder, ignore_errors=True)
            self._slots.give_back(self)

    def _in_slot(self, folder: Path) -> None:
        self._end_phase(SUCCEEDED)
        self._phases.begin("PROVISIONING")
        log = BuildLog(self.record)
        src = folder / "src"
        src.mkdir(parents=True)
        self._end_phase(SUCCEEDED)
        self._phases.begin("DOWNLOAD_SOURCE")
        try:
            source.fetch(self.record["source"], self.record["sourceVersion"], src)
            spec = buildspec.parse(source.buildspec_text(self.record["source"], src))
            environment = build_environment.of(self.record, spec, folder, src)
        except source.SourceError as error:
            self._refused(log, error.code, str(error))
            return
        except buildspec.BuildspecError as error:
            self._refused(log, "YAML_FILE_ERROR", str(error))
            return
        shell = Shell(folder / "shell", src, environment, spec.shell)
        with self._lock:
            self._shell = shell
        if self._interrupted:
            shell.kill()
        self._end_phase(SUCCEEDED)
        log.note("Entering phases")
        self._run_phases(spec, shell, log)
        values = shell.exported(spec.exported)
        self.record["exportedEnvironmentVariables"] = [{"name": name, "value": value} for name, value in values.items()]
        if not self._interrupted:
            self._pass_phase("UPLOAD_ARTIFACTS")
        self._pass_phase("FINALIZING")
        self._finish(self._interrupted or (SUCCEEDED if self._succeeding else FAILED))

    def _run_phases(self, spec: buildspec.Buildspec, shell: Shell, log: BuildLog) -> None:
        for name in buildspec.PHASES:
            if self._interrupted:
                return
            # A phase that the buildspec leaves out is passed through, as on AWS.
            phase = spec.phases.get(name, buildspec.Phase())
            shell.set("CODEBUILD_BUILD_SUCCEEDING", "1" if self._succeeding else "0")
            self._phases.begin(name.upper())
            log.note(f"Entering phase {name.upper()}")
            failure = self._run_phase(phase, shell, log)
            status = self._interrupted or (FAILED if failure else SUCCEEDED)
            code, message = failure or ("", "")
            self._end_phase(status, code, message)
            log.note(f"Phase complete: {name.upper()} State: {status}")
            log.note(f"Phase context status code: {code} Message: {message}")
            if failure:
                self._succeeding = False
                # The page's order: post_build follows build whether or not it failed; any other failure is the end.
                goes_on = name == "build" if phase.on_failure is None else phase.on_failure == buildspec.CONTINUE
                if not goes_on:
                    return

    def _run_phase(self, phase: buildspec.Phase, shell: Shell, log: BuildLog) -> tuple[str, str] | None:
        """Run a phase; the answer is the context of its first failure."""
        failure = None
        for commands in (phase.commands, phase.always):
            for command in commands:
                if self._interrupted:
                    return failure
                log.note(f"Running command {command}")
                status = shell.run(command, log.line)
                if status != 0 and not self._interrupted:
                    message = f"Error while executing command: {command}. Reason: exit status {status}"
                    log.note(f"Command did not exit successfully {command} exit status {status}")
                    failure = failure or ("COMMAND_EXECUTION_ERROR", message)
                    break
        return failure

    def _refused(self, log: BuildLog, code: str, message: str) -> None:
        """The source or its buildspec is of no use: the build ends where it is."""
        self._succeeding = False
        status = self._interrupted or FAILED
        log.note(f"Phase context status code: {code} Message: {message}")
        self._end_phase(status, code, message)
        self._pass_phase("FINALIZING")
        self._finish(status)

    def _pass_phase(self, name: str) -> None:
        self._phases.begin(name)
        self._end_phase(SUCCEEDED)

    def _end_phase(self, status: str, code: str = "", message: str = "") -> None:
        build_events.phase_change(self.record, self._phases.end(status, code, message))

    def _finish(self, status: str) -> None:
        self._phases.complete(status)
        self._ended.set()
        build_events.state_change(self.record)
