//! The function `token-scopes`: see [`tenantry_handlers::token_scopes`].

use tenantry_handlers::shared::runtime::{aws, serve};
use tenantry_handlers::token_scopes::handle;
use tenantry_handlers::wiring::token_scopes;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let deps = token_scopes(&aws().await)?;
    serve("token-scopes", async |event, _now| handle(&deps, event).await).await
}
