"""Reads a buildspec: pure, no files and no processes.

https://docs.aws.amazon.com/codebuild/latest/userguide/build-spec-ref.html
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import yaml

#: The phases in the order in which CodeBuild runs them.
PHASES = ("install", "pre_build", "build", "post_build")

ABORT = "ABORT"
CONTINUE = "CONTINUE"

#: The shells that a Linux build may name in `env.shell`.
SHELLS = ("bash", "/bin/bash", "sh", "/bin/sh")


class BuildspecError(Exception):
    """The text is not a buildspec that CodeBuild would run."""


@dataclass(frozen=True)
class Phase:
    """One phase: its commands, those that always follow, and what a failure leads to.

    `on_failure` is ABORT, CONTINUE or None, which means CodeBuild's own order of phases.
    """

    commands: tuple[str, ...] = ()
    always: tuple[str, ...] = ()
    on_failure: str | None = None


@dataclass(frozen=True)
class Buildspec:
    """A buildspec of version 0.2."""

    phases: dict[str, Phase] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)
    exported: tuple[str, ...] = ()
    shell: str = "bash"


def parse(text: str) -> Buildspec:
    """The buildspec in `text` (YAML or JSON).

    Raises BuildspecError for anything that CodeBuild refuses, and for what this
    overlay does not imitate, so that nothing is left out in silence.
    """
    try:
        document = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise BuildspecError(f"the buildspec is not valid YAML: {error}") from error
    if not isinstance(document, dict):
        raise BuildspecError("the buildspec is not a mapping")
    if str(document.get("version")) != "0.2":
        raise BuildspecError(f"unsupported buildspec version: {document.get('version')}")
    phases = _mapping(document.get("phases"), "phases")
    if not phases:
        raise BuildspecError("the buildspec has no phases")
    unknown = sorted(set(phases) - set(PHASES))
    if unknown:
        raise BuildspecError(f"unknown phases: {', '.join(map(str, unknown))}")
    env = _mapping(document.get("env"), "env")
    for absent in ("parameter-store", "secrets-manager"):
        if env.get(absent):
            raise BuildspecError(f"env/{absent} is not part of the local cloud")
    shell = str(env.get("shell") or "bash")
    if shell not in SHELLS:
        raise BuildspecError(f"env/shell: {shell} is not one of {', '.join(SHELLS)}")
    return Buildspec(
        phases={name: _phase(name, phases.get(name)) for name in PHASES if name in phases},
        variables={
            str(name): _scalar(value, f"env/variables/{name}")
            for name, value in _mapping(env.get("variables"), "env/variables").items()
        },
        exported=_strings(env.get("exported-variables"), "env/exported-variables"),
        shell=shell,
    )


def _phase(name: str, value: Any) -> Phase:
    body = _mapping(value, f"phases/{name}")
    on_failure = body.get("on-failure")
    if on_failure not in (None, ABORT, CONTINUE):
        raise BuildspecError(f"phases/{name}/on-failure: {on_failure} is neither ABORT nor CONTINUE")
    return Phase(
        commands=_strings(body.get("commands"), f"phases/{name}/commands"),
        always=_strings(body.get("finally"), f"phases/{name}/finally"),
        on_failure=on_failure,
    )


def _mapping(value: Any, where: str) -> dict[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise BuildspecError(f"{where} is not a mapping")
    return value


def _strings(value: Any, where: str) -> tuple[str, ...]:
    if value is None:
        return ()
    values = value if isinstance(value, list) else [value]
    return tuple(_scalar(item, where) for item in values)


def _scalar(value: Any, where: str) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (str, int, float)):
        return str(value)
    raise BuildspecError(f"{where} holds something that is not a string")
