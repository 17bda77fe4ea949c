//! The function `api`: see [`tenantry_handlers::api`].

use tenantry_handlers::api::handle;
use tenantry_handlers::shared::runtime::{aws, serve};
use tenantry_handlers::wiring::api;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let deps = api(&aws().await)?;
    serve("api", async |event, now| handle(&deps, event, now).await).await
}
