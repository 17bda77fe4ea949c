//! The function `token-scopes`: see [`tenantry_handlers::token_scopes`].

use tenantry_handlers::shared::runtime::serve;
use tenantry_handlers::shared::settings::scopes;
use tenantry_handlers::token_scopes::{Deps, handle};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let deps = Deps { scopes: scopes()? };
    serve("token-scopes", async |event, _now| handle(&deps, event)).await
}
