//! What is answered of the control plane's users.

use super::text;
use serde_json::{Value, json};

pub(super) fn schemas() -> Value {
    let role = json!({ "type": ["string", "null"], "description": "The role that a client gave the user, or the group." });
    let group = json!({
        "type": ["string", "null"],
        "enum": ["viewers", "operators", "admins", null],
        "description": "What the user may do.",
    });
    let sometimes = json!({ "type": ["string", "null"], "format": "date-time" });
    json!({
        "User": {
            "type": "object",
            "required": ["userId", "userName", "email", "userRole", "group", "status", "enabled"],
            "properties": {
                "userId": text(),
                "userName": text(),
                "email": text(),
                "userRole": role,
                "group": group,
                "status": text(),
                "enabled": { "type": "boolean" },
                "createdAt": sometimes,
                "updatedAt": sometimes,
            },
        },
        "UserMessage": {
            "type": "object",
            "required": ["userId", "userName", "message"],
            "properties": { "userId": text(), "userName": text(), "message": text() },
        },
    })
}
