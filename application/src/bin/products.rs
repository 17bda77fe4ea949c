//! The function `products`: see [`tenantry_application::products`].

use chrono::Utc;
use lambda_http::{Error, Request, run, service_fn, tracing};
use tenantry_application::products::{service, settings};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    tracing::init_default_subscriber();
    let deps = settings::deps().await?;
    run(service_fn(|request: Request| service::handle(&deps, request, Utc::now()))).await
}
