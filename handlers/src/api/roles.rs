//! The role of a user of the control plane: one of our groups, which decides
//! what the user may do, or a role of the client's own, as SBT takes any text.
//! Such a one is kept with the user and read by nothing here; its user is a
//! viewer.
//!
//! Source: awslabs/sbt-aws, `resources/functions/user-management/`
//! (`custom:userRole`).

use super::access::Group;
use super::problem::Problem;
use tenantry_events::text::is_hidden;

/// The attribute of the user pool that has it.
pub(super) const ATTRIBUTE: &str = "custom:userRole";
/// The most characters of a role.
pub(super) const MAX: usize = 100;

/// A role, as a client gave it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Role(String);

impl Role {
    /// The role that a body names; none where the text is empty, as SBT's client
    /// sends it.
    ///
    /// # Errors
    ///
    /// [`Problem::BadField`] for a text that is too long or hides something.
    pub(super) fn read(text: &str) -> Result<Option<Self>, Problem> {
        if text.chars().count() > MAX || text.chars().any(is_hidden) {
            let rule = "characters long, and must not contain control or invisible characters";
            return Err(Problem::field("userRole", format!("must be at most {MAX} {rule}")));
        }
        Ok(Some(Self(text.to_owned())).filter(|_| !text.is_empty()))
    }

    /// The text of it.
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// What its user may do. SBT's administrator is ours.
    pub(super) fn group(&self) -> Group {
        match self.0.as_str() {
            "SystemAdmin" => Group::Admins,
            name => Group::of_name(name).unwrap_or(Group::Viewers),
        }
    }
}

/// The role to show of a user with this attribute in this group: somebody may
/// have changed the group elsewhere, and the group is what counts.
pub(super) fn shown(attribute: &str, group: Option<Group>) -> Option<String> {
    let role = Role(attribute.to_owned());
    let holds = !attribute.is_empty() && Some(role.group()) == group;
    if holds { Some(role.0) } else { group.map(|group| group.as_str().to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A role of the client's own is shown as given, and makes a viewer; what its
    /// group is decides where the two differ.
    #[test]
    fn a_role_beyond_ours_is_an_attribute() {
        let role = |text: &str| Role::read(text).unwrap().map(|role| role.group());
        assert_eq!(role("advancedUser"), Some(Group::Viewers));
        assert_eq!(role("SystemAdmin"), Some(Group::Admins));
        assert_eq!(role("operators"), Some(Group::Operators));
        assert_eq!(role(""), None);
        assert!(Role::read("a\u{202e}b").is_err() && Role::read(&"r".repeat(MAX + 1)).is_err());
        assert_eq!(shown("advancedUser", Some(Group::Viewers)).as_deref(), Some("advancedUser"));
        assert_eq!(shown("admins", Some(Group::Viewers)).as_deref(), Some("viewers"));
        assert_eq!(shown("advancedUser", None), None);
    }
}
