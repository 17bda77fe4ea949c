//! The function `tiers`: see [`tenantry_handlers::tiers`].

use tenantry_handlers::shared::runtime::{aws, serve};
use tenantry_handlers::tiers::{Deps, connector, handle};
use tenantry_handlers::wiring::registry;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let deps = Deps { registry: registry(&aws().await)?, http: connector() };
    serve("tiers", async |request, now| handle(&deps, request, now).await).await
}
