//! The function `application-events`: see [`tenantry_handlers::application_events`].

use tenantry_handlers::application_events::handle;
use tenantry_handlers::shared::payload::Payload;
use tenantry_handlers::shared::runtime::{aws, serve};
use tenantry_handlers::wiring::intake;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let deps = intake(&aws().await, "application-events")?;
    serve("application-events", async |payload: Payload, now| handle(&deps, &payload, now).await).await
}
