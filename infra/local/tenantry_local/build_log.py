"""Writes a build's output to the log stream that its record names.

https://docs.aws.amazon.com/codebuild/latest/userguide/change-project.html#change-project-console-logs
"""

from __future__ import annotations

import logging
import threading
import time
from datetime import datetime, timezone

from ministack.services import cloudwatch_logs

from .build_record import Record

logger = logging.getLogger("tenantry_local.codebuild")


class BuildLog:
    """One stream of CloudWatch Logs; nothing is kept when the project switched its logs off."""

    def __init__(self, record: Record) -> None:
        logs = record["logs"]
        self._group: str | None = logs.get("groupName")
        self._stream: str | None = logs.get("streamName")
        self._lock = threading.Lock()
        if self._group is not None:
            cloudwatch_logs._create_log_group({"logGroupName": self._group})
            cloudwatch_logs._create_log_stream({"logGroupName": self._group, "logStreamName": self._stream})

    def line(self, text: str) -> None:
        """A line of a command's output."""
        if self._group is None:
            return
        # CloudWatch Logs refuses an empty message, and a command may print an empty line.
        event = {"timestamp": int(time.time() * 1000), "message": (text or " ") + "\n"}
        with self._lock:
            status, _, body = cloudwatch_logs._put_log_events(
                {"logGroupName": self._group, "logStreamName": self._stream, "logEvents": [event]}
            )
        if status >= 400:
            logger.warning("a log line of a build was refused: %s", body)

    def note(self, text: str) -> None:
        """A line of CodeBuild's own."""
        now = datetime.now(timezone.utc)
        self.line(f"[Container] {now:%Y/%m/%d %H:%M:%S.%f} {text}")
