//! The function `reconciler`: see [`tenantry_handlers::reconciler`].

use tenantry_handlers::reconciler::{Deps, Machines, handle};
use tenantry_handlers::shared::runtime::{aws, serve};
use tenantry_handlers::shared::settings::{registry, required};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let config = aws().await;
    let machines = Machines {
        client: aws_sdk_sfn::Client::new(&config),
        provision_silo: required("TENANTRY_PROVISION_SILO_ARN")?,
        deprovision_silo: required("TENANTRY_DEPROVISION_SILO_ARN")?,
        stack_prefix: required("TENANTRY_TENANT_STACK_PREFIX")?,
    };
    let deps = Deps { registry: registry(&config)?, machines };
    serve("reconciler", async |event, now| handle(&deps, event, now).await).await
}
