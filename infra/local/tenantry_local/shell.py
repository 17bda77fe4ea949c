"""Runs the commands of one build in bash.

Buildspec version 0.2 runs all commands in one shell: variables, functions and
the working directory live on to the next command and phase
(https://docs.aws.amazon.com/codebuild/latest/userguide/build-spec-ref.html#build-spec-ref-versions).
Here each command is a process of its own that takes over what the last one
left, so that `exit 1` ends the command and not the build.

Commands run with the user's own rights; nothing here is a sandbox.
"""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path

from . import lifeline

# $1: the folder of the state, $2: the command, $3: the shell's name. A failed
# `declare` of a read-only variable of bash is expected, so its message is dropped.
_DRIVER = r"""
__tenantry_state=$1
. "$__tenantry_state/variables" 2>/dev/null
__tenantry_state=$1
cd -- "$(cat "$__tenantry_state/directory")" || exit 1
__tenantry_save() {
  { declare -p; declare -f; } > "$__tenantry_state/variables.new"
  mv "$__tenantry_state/variables.new" "$__tenantry_state/variables"
  pwd > "$__tenantry_state/directory"
}
trap __tenantry_save EXIT
case $3 in *sh) case $3 in *bash) ;; *) set -o posix ;; esac ;; esac
. "$2"
__tenantry_status=$?
set +eu
exit "$__tenantry_status"
"""

_READ_BACK = r"""
. "$1/variables" 2>/dev/null
shift
for name; do
  case "$(declare -p -- "$name" 2>/dev/null)" in
    declare\ -*x*\ *) printf '%s\0' "${!name}" ;;
    *) printf '\0' ;;
  esac
done
"""

#: How long a process group may take to end after SIGTERM, in seconds.
_GRACE_SECONDS = 2.0


class Shell:
    """The shell of one build, in a folder of its own."""

    def __init__(self, folder: Path, directory: Path, environment: dict[str, str], shell: str) -> None:
        self._folder = folder
        self._environment = environment
        self._shell = shell
        self._groups: list[int] = []
        self._lock = threading.Lock()
        self._killed = False
        folder.mkdir(parents=True)
        (folder / "variables").write_text("")
        (folder / "directory").write_text(f"{directory}\n")
        (folder / "driver.sh").write_text(_DRIVER)

    def run(self, command: str, line: Callable[[str], None]) -> int:
        """Run one command to its end; its output goes to `line` as it comes.

        The answer is the exit status; a command ended by signal N counts as 128 + N.
        """
        script = self._folder / "command.sh"
        script.write_text(command + "\n")
        with self._lock:
            if self._killed:
                return 128 + signal.SIGTERM
            process = subprocess.Popen(
                ["bash", str(self._folder / "driver.sh"), str(self._folder), str(script), self._shell],
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            self._groups.append(process.pid)
        lifeline.watch(process.pid)
        reader = threading.Thread(target=_copy, args=(process, line), daemon=True)
        reader.start()
        status = process.wait()
        # A process left in the background may hold the pipe open for good.
        reader.join(timeout=0.5)
        return status if status >= 0 else 128 - status

    def exported(self, names: tuple[str, ...]) -> dict[str, str]:
        """The values of exported variables; empty for one that is not set or not exported."""
        if not names:
            return {}
        done = subprocess.run(
            ["bash", "-c", _READ_BACK, "read-back", str(self._folder), *names],
            env=self._environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
        values = done.stdout.decode("utf-8", "replace").split("\0")
        return {name: values[index] if index < len(values) else "" for index, name in enumerate(names)}

    def set(self, name: str, value: str) -> None:
        """Give the next commands a variable of CodeBuild's own."""
        with (self._folder / "variables").open("a") as out:
            out.write(f"\nexport {name}={_quoted(value)}\n")

    def kill(self) -> None:
        """End every process of the build, politely first. Does not wait."""
        with self._lock:
            if self._killed:
                return
            self._killed = True
            groups = list(self._groups)
        _signal(groups, signal.SIGTERM)
        timer = threading.Timer(_GRACE_SECONDS, _signal, (groups, signal.SIGKILL))
        timer.daemon = True
        timer.start()

    def close(self) -> None:
        """End at once whatever the build left in the background."""
        with self._lock:
            self._killed = True
            groups = list(self._groups)
        _signal(groups, signal.SIGKILL)
        for group in groups:
            lifeline.forget(group)


def _copy(process: subprocess.Popen[bytes], line: Callable[[str], None]) -> None:
    if process.stdout is not None:
        for raw in process.stdout:
            line(raw.decode("utf-8", "replace").rstrip("\r\n"))


def _signal(groups: list[int], number: signal.Signals) -> None:
    for group in groups:
        try:
            os.killpg(group, number)
        except (ProcessLookupError, PermissionError):
            continue


def _quoted(value: str) -> str:
    return "'" + value.replace("'", "'\\''") + "'"
