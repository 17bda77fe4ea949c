//! The function `publisher`: see [`tenantry_handlers::publisher`].

use tenantry_handlers::publisher::handle;
use tenantry_handlers::shared::runtime::{aws, serve};
use tenantry_handlers::wiring::publisher;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let deps = publisher(&aws().await)?;
    serve("publisher", async |event, now| handle(&deps, event, now).await).await
}
