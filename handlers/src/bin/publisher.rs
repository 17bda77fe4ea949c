//! The function `publisher`: see [`tenantry_handlers::publisher`].

use tenantry_handlers::publisher::{Deps, handle};
use tenantry_handlers::shared::bus::Bus;
use tenantry_handlers::shared::runtime::{aws, serve};
use tenantry_handlers::shared::settings::{required, sources};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let client = aws_sdk_eventbridge::Client::new(&aws().await);
    let deps = Deps { bus: Bus::new(client, required("TENANTRY_BUS")?), sources: sources()? };
    serve("publisher", async |event, now| handle(&deps, event, now).await).await
}
