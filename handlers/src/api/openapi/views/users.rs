//! What is answered of the control plane's users.

use super::text;
use serde_json::{Value, json};

pub(super) fn schemas() -> Value {
    let role = json!({ "type": ["string", "null"], "enum": ["viewers", "operators", "admins", null] });
    let sometimes = json!({ "type": ["string", "null"], "format": "date-time" });
    json!({
        "User": {
            "type": "object",
            "required": ["userId", "userName", "email", "userRole", "status", "enabled"],
            "properties": {
                "userId": text(),
                "userName": text(),
                "email": text(),
                "userRole": role,
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
