//! `/tiers`: what tenants can buy.

use super::Deps;
use super::answer::Answer;
use super::problem::Problem;

pub(super) async fn list(deps: &Deps) -> Result<Answer, Problem> {
    let tiers = deps.registry.tiers().await?;
    Ok(Answer::page(tiers.iter().map(|tier| serde_json::to_value(tier).unwrap_or_default()).collect(), None))
}
