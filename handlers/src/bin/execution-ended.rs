//! The function `execution-ended`: see [`tenantry_handlers::execution_ended`].

use tenantry_handlers::execution_ended::{Deps, handle};
use tenantry_handlers::shared::runtime::{aws, serve};
use tenantry_handlers::wiring::{builds, registry};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let config = aws().await;
    let deps = Deps { registry: registry(&config)?, builds: builds(&config) };
    serve("execution-ended", async |payload, now| handle(&deps, payload, now).await).await
}
