"""Applies every part of the overlay, and takes down what it started."""

from __future__ import annotations

from ministack.core import lambda_runtime

from . import (
    async_invoke,
    cloudformation,
    codebuild,
    cors,
    deletion,
    delivery,
    discreet,
    eventbridge,
    executions,
    front_door,
    guards,
    http_api,
    identities,
    integrations,
    lifeline,
    limits_enforced,
    log_format,
    log_records,
    machine_roles,
    nested_stacks,
    request_keys,
    state,
    stepfunctions,
    user_rules,
    validated,
    variables,
)


def install() -> None:
    """Replace the emulator's functions; once, before it serves."""
    lifeline.start()
    identities.install()
    variables.install()
    request_keys.install()
    front_door.install()
    discreet.install()
    codebuild.install()
    executions.install()
    deletion.install()
    stepfunctions.install()
    machine_roles.install()
    async_invoke.install()
    log_format.install()
    log_records.install()
    eventbridge.install()
    cloudformation.install()
    cors.install()
    http_api.install()
    integrations.install()
    user_rules.install()
    guards.install()
    nested_stacks.install()
    validated.install()
    # Before those: what is wrong with a name it says in more words.
    limits_enforced.install()
    # The last: it looks at what the others have put there.
    state.install()


def shut_down() -> None:
    """Stop every retry, every execution, every build and every function's process."""
    delivery.stop()
    async_invoke.stop()
    # Before the builds: an execution whose build is stopped would go on to start another.
    executions.end_all()
    codebuild.stop_all()
    lambda_runtime.reset()
    lifeline.stop()
