//! The function `token-scopes`: see [`tenantry_handlers::token_scopes`].

use tenantry_handlers::shared::runtime::{aws, serve};
use tenantry_handlers::shared::settings::token_scopes;
use tenantry_handlers::token_scopes::handle;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let deps = token_scopes(&aws().await)?;
    serve("token-scopes", async |event, _now| handle(&deps, event).await).await
}
