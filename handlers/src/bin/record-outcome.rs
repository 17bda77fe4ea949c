//! The function `record-outcome`: see [`tenantry_handlers::record_outcome`].

use tenantry_handlers::record_outcome::{Deps, handle};
use tenantry_handlers::shared::runtime::{aws, serve};
use tenantry_handlers::wiring::registry;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let config = aws().await;
    let users = aws_sdk_cognitoidentityprovider::Client::new(&config);
    let deps = Deps { registry: registry(&config)?, users };
    serve("record-outcome", async |payload, now| handle(&deps, payload, now).await).await
}
