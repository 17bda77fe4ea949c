//! The function `lifecycle`: see [`tenantry_handlers::lifecycle`].

use tenantry_handlers::lifecycle::handle;
use tenantry_handlers::shared::payload::Payload;
use tenantry_handlers::shared::runtime::{aws, serve};
use tenantry_handlers::wiring::requests;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let deps = requests(&aws().await, "lifecycle")?;
    serve("lifecycle", async |payload: Payload, now| handle(&deps, &payload, now).await).await
}
