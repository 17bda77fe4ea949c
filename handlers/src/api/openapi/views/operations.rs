//! What is answered of operations, executions and dead-letter messages.

use super::{moment, reference, text, uuid, version};
use serde_json::{Value, json};

pub(super) fn schemas() -> Value {
    let line = json!({
        "type": "object",
        "required": [
            "type", "tenantId", "at", "eventId", "correlationId", "action", "actor", "verdict", "reason",
        ],
        "properties": {
            "type": { "type": "string", "enum": ["audit"] },
            "tenantId": uuid(),
            "at": moment(),
            "eventId": uuid(),
            "correlationId": uuid(),
            "action": text(),
            "actor": text(),
            "why": text(),
            "verdict": { "type": "string", "enum": ["accepted", "duplicate", "stale", "refused"] },
            "code": text(),
            "reason": text(),
            "tenantRegistrationId": text(),
            "tenantVersion": version(),
        },
    });
    let status = ["RUNNING", "SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED", "PENDING_REDRIVE"];
    let operation = json!({
        "type": "object",
        "required": ["id", "kind", "state", "correlationId", "startedAt"],
        "properties": {
            "id": reference("OperationId"),
            "kind": reference("OperationKind"),
            "state": reference("OperationState"),
            "execution": text(),
            "executionArn": text(),
            "buildId": text(),
            "logsUrl": text(),
            "failure": reference("Failure"),
            "correlationId": uuid(),
            "startedAt": moment(),
            "endedAt": moment(),
        },
    });
    // Written out, not composed: generators of clients make one type of each.
    let mut ran = operation.clone();
    ran["properties"]["type"] = json!({ "type": "string", "enum": ["operation"] });
    ran["required"] = json!(["type", "id", "kind", "state", "correlationId", "startedAt"]);
    json!({
        "Operation": operation,
        "AuditLine": line,
        "OperationLine": ran,
        "HistoryLine": { "oneOf": [reference("AuditLine"), reference("OperationLine")] },
        "ExecutionStatus": { "type": "string", "enum": status },
        "ExecutionSummary": {
            "type": "object",
            "required": ["executionId", "executionArn", "machine", "status", "startedAt"],
            "properties": {
                "executionId": text(),
                "executionArn": text(),
                "machine": { "type": "string", "enum": ["provision", "suspend", "deprovision"] },
                "status": reference("ExecutionStatus"),
                "startedAt": moment(),
                "endedAt": moment(),
                "tenantId": uuid(),
                "operationId": reference("OperationId"),
            },
        },
        "Execution": {
            "type": "object",
            "description": "Input, output and cause are shortened, and have nothing personal in them.",
            "required": ["executionId", "executionArn", "tenantId", "status", "startedAt", "states", "operation"],
            "properties": {
                "executionId": text(),
                "executionArn": text(),
                "tenantId": uuid(),
                "status": reference("ExecutionStatus"),
                "startedAt": moment(),
                "endedAt": moment(),
                "error": text(),
                "cause": {},
                "input": {},
                "output": {},
                "states": { "type": "array", "items": reference("StateRun") },
                "operation": reference("Operation"),
            },
        },
        "StateRun": {
            "type": "object",
            "required": ["state", "enteredAt", "attempts"],
            "properties": {
                "state": text(),
                "enteredAt": moment(),
                "exitedAt": moment(),
                "milliseconds": { "type": "integer" },
                "attempts": { "type": "integer", "minimum": 0 },
                "error": text(),
            },
        },
        "Queue": {
            "type": "object",
            "required": ["queueName", "messages", "inFlight"],
            "properties": {
                "queueName": text(),
                "messages": { "type": "integer", "minimum": 0 },
                "inFlight": { "type": "integer", "minimum": 0 },
            },
        },
        "DeadLetter": {
            "type": "object",
            "required": ["id", "sentAt", "function", "about", "code", "attempts"],
            "properties": {
                "id": text(),
                "sentAt": moment(),
                "function": text(),
                "about": text(),
                "tenantId": { "type": ["string", "null"] },
                "code": text(),
                "reason": {},
                "attempts": { "type": "integer" },
                "payload": {},
            },
        },
        "Redriven": {
            "type": "object",
            "required": ["redriven", "failed"],
            "properties": {
                "redriven": { "type": "integer", "minimum": 0 },
                "failed": {
                    "type": "array",
                    "items": { "type": "object", "required": ["id"], "properties": { "id": text(), "error": {} } },
                },
                "next": { "type": ["string", "null"], "description": "`after` of the next call, where there are more." },
            },
        },
        "Discarded": {
            "type": "object",
            "required": ["discarded"],
            "properties": { "discarded": { "type": "integer", "minimum": 0 } },
        },
    })
}
