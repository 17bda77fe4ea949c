//! What services answer when they refuse, in their own words.
//!
//! Sources: "Error handling with DynamoDB", Amazon DynamoDB Developer Guide;
//! "Common Errors" of the AWS Step Functions, Amazon EventBridge and Amazon SQS
//! API References; "AdminCreateUser", Amazon Cognito User Pools API Reference; "Error responses", Amazon S3 API Reference.

use super::{Call, Fault};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use serde_json::{Value, json};

/// The answer to `call` that `fault` stands for; `None` if it is no answer.
pub(crate) fn of(fault: Fault, call: &Call) -> Option<HttpResponse> {
    let (refused, throttled, broken) = match call.service.as_str() {
        "DynamoDB" => {
            ((400, "AccessDeniedException"), (400, "ThrottlingException"), (500, "InternalServerError"))
        }
        "AWSStepFunctions" | "CodeBuild" => {
            ((400, "AccessDeniedException"), (400, "ThrottlingException"), (500, "InternalFailure"))
        }
        "AWSEvents" => {
            ((400, "AccessDeniedException"), (400, "ThrottlingException"), (500, "InternalException"))
        }
        "AWSCognitoIdentityProviderService" => (
            (400, "AccessDeniedException"),
            (400, "TooManyRequestsException"),
            (500, "InternalErrorException"),
        ),
        "AmazonSQS" => ((403, "AccessDenied"), (403, "RequestThrottled"), (500, "InternalFailure")),
        _ => ((403, "AccessDenied"), (503, "SlowDown"), (500, "InternalError")),
    };
    let (status, code) = match fault {
        Fault::Refused => refused,
        Fault::Throttled => throttled,
        Fault::Broken => broken,
        Fault::NoMail => (400, "LimitExceededException"),
        Fault::Conflict => return Some(conflict(call)),
        _ => return None,
    };
    Some(response(status, &json!({ "__type": code, "message": "a fault of the tests" })))
}

/// The transaction is cancelled over its first item; the others had no part.
fn conflict(call: &Call) -> HttpResponse {
    let items = call.request["TransactItems"].as_array().map_or(1, Vec::len);
    let mut reasons = vec![json!({ "Code": "None" }); items];
    reasons[0] = json!({ "Code": "TransactionConflict", "Message": "Transaction is ongoing for the item" });
    let error = "com.amazonaws.dynamodb.v20120810#TransactionCanceledException";
    response(
        400,
        &json!({
            "__type": error,
            "Message": "Transaction cancelled, please refer cancellation reasons for specific reasons",
            "CancellationReasons": reasons,
        }),
    )
}

/// An answer with `body`.
pub(crate) fn response(status: u16, body: &Value) -> HttpResponse {
    let status = StatusCode::try_from(status).expect("a status");
    let mut response = HttpResponse::new(status, SdkBody::from(body.to_string()));
    response.headers_mut().insert("content-type", "application/x-amz-json-1.0");
    response
}
