//! The function `reconciler`: see [`tenantry_handlers::reconciler`].

use tenantry_handlers::reconciler::handle;
use tenantry_handlers::shared::runtime::{aws, serve};
use tenantry_handlers::wiring::reconciler;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let deps = reconciler(&aws().await)?;
    serve("reconciler", async |event, now| handle(&deps, event, now).await).await
}
