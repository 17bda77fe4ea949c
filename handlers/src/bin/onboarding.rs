//! The function `onboarding`: see [`tenantry_handlers::onboarding`].

use tenantry_handlers::onboarding::{Deps, handle};
use tenantry_handlers::shared::payload::Payload;
use tenantry_handlers::shared::quarantine::Quarantine;
use tenantry_handlers::shared::runtime::{aws, serve};
use tenantry_handlers::wiring::{registry, required, sources};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let config = aws().await;
    let queue = required("TENANTRY_DEAD_LETTER_QUEUE_URL")?;
    let quarantine = Quarantine::new(aws_sdk_sqs::Client::new(&config), queue, "onboarding");
    let deps = Deps { registry: registry(&config)?, quarantine, sources: sources()? };
    serve("onboarding", async |payload: Payload, now| handle(&deps, &payload, now).await).await
}
