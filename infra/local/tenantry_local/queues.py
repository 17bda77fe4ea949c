"""Sends messages to queues by ARN, from inside the emulator."""

from __future__ import annotations

from ministack.services import sqs


class QueueError(Exception):
    """SQS refused the message; `code` is its own."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def policy(arn: str) -> object:
    """The queue's policy, as text; empty when it has none. Raises QueueError when there is no such queue."""
    return _queue(arn)["attributes"].get("Policy") or ""


def send(arn: str, body: str, attributes: dict[str, str] | None = None, group: str | None = None) -> None:
    """Send one message with string attributes; `group` is for a FIFO queue."""
    _queue(arn)
    message: dict[str, object] = {"QueueUrl": sqs._queue_url(arn.rpartition(":")[2]), "MessageBody": body}
    if attributes:
        message["MessageAttributes"] = {
            # An attribute without a value is refused.
            name: {"DataType": "String", "StringValue": value}
            for name, value in attributes.items()
            if value
        }
    if group:
        message["MessageGroupId"] = group
    try:
        sqs._act_send_message(message, "")
    except sqs._Err as error:
        raise QueueError(error.code, error.message) from error


def _queue(arn: str) -> dict:
    queue = sqs._queue_by_arn(arn)
    if queue is None:
        raise QueueError("QueueDoesNotExist", f"The queue {arn} does not exist")
    return queue
