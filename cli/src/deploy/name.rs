//! The control plane's stack name, from which the names of its resources follow.

use crate::error::{CliError, Result};

/// How many characters the name may have: a role's name has at most 64
/// ("CreateRole", AWS IAM API Reference), and the longest ending of one in
/// `infra/control-plane.yaml` is `-deprovision-silo-machine`. (A test compares
/// the number with the template, where IAM itself refuses a longer name.)
pub(crate) const STACK_NAME_MAX: usize = 39;

/// What stands between a control plane's name and a tenant's id in the name of
/// a tenant's stack.
const OF_TENANTS: &str = "-tenant-";

/// Checks a stack's name before anything is built for it.
///
/// # Errors
///
/// [`CliError::Invalid`], with the option and the limit.
pub(crate) fn check(stack: &str) -> Result {
    let wrong = |rule: String| Err(CliError::Invalid(format!("`--stack` {rule}, was `{stack}`")));
    let length = stack.chars().count();
    if length > STACK_NAME_MAX {
        return wrong(format!(
            "must have at most {STACK_NAME_MAX} characters (it has {length}), as names of roles begin with it"
        ));
    }
    let letters = |c: char| c.is_ascii_alphanumeric() || c == '-';
    if !stack.starts_with(|c: char| c.is_ascii_alphabetic()) || !stack.chars().all(letters) {
        return wrong("must begin with a letter and have only letters, digits and hyphens".to_owned());
    }
    if format!("{stack}-").contains(OF_TENANTS) {
        return wrong(format!(
            "must not contain `{OF_TENANTS}`: another control plane would take it for a tenant's"
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_length_up_to_the_limit_is_taken_and_none_beyond() {
        for length in 1..=140 {
            let name = "a".repeat(length);
            assert_eq!(check(&name).is_ok(), length <= STACK_NAME_MAX, "{length}");
        }
        let told = check(&"a".repeat(40)).err().map(|error| error.to_string());
        assert!(told.is_some_and(|told| told.contains("`--stack`") && told.contains("at most 39")));
    }

    #[test]
    fn what_cloudformation_or_another_control_plane_would_misread_is_refused() {
        for good in ["tenantry", "Tenantry-2", "my-tenants", "tenant-plane", "a"] {
            assert!(check(good).is_ok(), "{good}");
        }
        for bad in ["", "1st", "-a", "a_b", "a b", "a.b", "ä", "a/b", "acme-tenant-x", "acme-tenant"] {
            assert!(check(bad).is_err(), "{bad}");
        }
    }
}
