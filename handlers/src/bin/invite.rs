//! The function `invite`: see [`tenantry_handlers::invite`].

use tenantry_handlers::invite::{Deps, handle};
use tenantry_handlers::shared::runtime::{aws, serve};
use tenantry_handlers::wiring::registry;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let config = aws().await;
    let client = aws_sdk_cognitoidentityprovider::Client::new(&config);
    let deps = Deps { registry: registry(&config)?, client };
    serve("invite", async |payload, now| handle(&deps, payload, now).await).await
}
