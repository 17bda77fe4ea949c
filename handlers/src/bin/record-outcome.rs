//! The function `record-outcome`: see [`tenantry_handlers::record_outcome`].

use tenantry_handlers::record_outcome::{Deps, handle};
use tenantry_handlers::shared::runtime::{aws, serve};
use tenantry_handlers::wiring::registry;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let deps = Deps { registry: registry(&aws().await)? };
    serve("record-outcome", async |payload, now| handle(&deps, payload, now).await).await
}
