"""A function knows in which format, and from which level on, it should log.

https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-logformat.html
"""

from __future__ import annotations

from typing import Any

from ministack.services import lambda_svc


def install() -> None:
    """Put this module's function in the place of the emulator's."""
    original = lambda_svc._runtime_env_vars

    def variables(config: dict[str, Any]) -> dict[str, str]:
        return {**log_variables(config), **original(config)}

    lambda_svc._runtime_env_vars = variables


def log_variables(config: dict[str, Any]) -> dict[str, str]:
    """What Lambda tells of the function's logging configuration; a level is for JSON only."""
    logging = config.get("LoggingConfig") or {}
    if logging.get("LogFormat") != "JSON":
        return {"AWS_LAMBDA_LOG_FORMAT": "Text"}
    return {"AWS_LAMBDA_LOG_FORMAT": "JSON", "AWS_LAMBDA_LOG_LEVEL": logging.get("ApplicationLogLevel", "INFO")}
