//! The one grammar of e-mail addresses: of events, of the API's users, of a
//! tenant's administrator.
//!
//! The intersection of what everything takes that an address reaches: the HTML
//! standard's "valid e-mail address" with a local part that is a dot-atom (RFC
//! 5322), at most 64 characters before the `@` (RFC 5321), labels of at most 63,
//! and at most 128 in all, as the address is a user's name in Cognito
//! ("AdminCreateUser", Amazon Cognito User Pools API Reference). A domain has a
//! dot: no mail goes to a bare top-level domain (RFC 7085).

/// The address but for the length of what is before the `@`, which no regular
/// expression says that every tool takes.
pub(super) const PATTERN: &str = concat!(
    r"^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*",
    r"@[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)+$"
);
/// The rule in words.
pub(super) const RULE: &str = "an address in ASCII: at most 64 characters without quotes or white space, `@`, and \
    at least two labels of at most 63 letters, digits and inner hyphens";

pub(super) fn is_address(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else { return false };
    let atom = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+/=?^_`{|}~-".contains(c);
    let local_is =
        local.len() <= 64 && local.split('.').all(|part| !part.is_empty() && part.chars().all(atom));
    local_is && domain.contains('.') && domain.split('.').all(is_label)
}

fn is_label(label: &str) -> bool {
    (1..=63).contains(&label.len())
        && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
        && !label.starts_with('-')
        && !label.ends_with('-')
}
