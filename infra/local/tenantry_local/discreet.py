"""No e-mail address in the local cloud's own log, where the emulator writes to whom it would have sent a mail."""

from __future__ import annotations

import logging
import re
from typing import Any

_ADDRESS = re.compile(r"[^\s\"'<>(){}\[\],;:=]+[@＠﹫][^\s\"'<>(){}\[\],;:=]+")


def without_addresses(text: str) -> str:
    """`text` with every address replaced."""
    return _ADDRESS.sub("(address)", text)


def install() -> None:
    """See to it that every record is discreet, whoever writes it wherever."""
    original = logging.getLogRecordFactory()

    def discreet(*args: Any, **more: Any) -> logging.LogRecord:
        record = original(*args, **more)
        text = record.getMessage()
        if "@" in text:
            record.msg, record.args = without_addresses(text), None
        return record

    logging.setLogRecordFactory(discreet)
