"""No second copy of every log line by its pointer.

The emulator keeps one for GetLogRecord, which nothing here calls. It only
grows, and deleting a log group walks through all of it while others write.
"""

from __future__ import annotations

from typing import Any

from ministack.core.responses import AccountRegionScopedDict
from ministack.services import cloudwatch_logs


class Nothing(AccountRegionScopedDict):  # type: ignore[misc]
    """Takes everything and keeps nothing."""

    def __setitem__(self, key: Any, value: Any) -> None:
        """Keep nothing."""


def install() -> None:
    """Put an empty place in the emulator's."""
    cloudwatch_logs._log_records = Nothing()
