//! The function `sweeper`: see [`tenantry_handlers::sweeper`].

use serde_json::Value;
use tenantry_handlers::shared::runtime::{aws, serve};
use tenantry_handlers::sweeper::{Deps, handle};
use tenantry_handlers::wiring::{publisher, reconciler};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let config = aws().await;
    let deps = Deps { reconciler: reconciler(&config)?, publisher: publisher(&config)? };
    serve("sweeper", async |_: Value, now| handle(&deps, now).await).await
}
