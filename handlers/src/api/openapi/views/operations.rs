//! What is answered of operations and of a tenant's history.

use super::{moment, reference, text, uuid, version};
use serde_json::{Value, json};
use tenantry_operations::executions::STATUSES;

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
        "ExecutionStatus": { "type": "string", "enum": STATUSES },
    })
}
