//! What the command keeps for its user, beside what is in a clone: the state
//! folder of the XDG Base Directory Specification.

use std::ffi::OsString;
use std::path::PathBuf;

/// The user's state folder of this command, if the environment says where:
/// `$XDG_STATE_HOME/tenantry`, or `~/.local/state/tenantry`.
pub(crate) fn of_user() -> Option<PathBuf> {
    folder(std::env::var_os("XDG_STATE_HOME"), std::env::var_os("HOME"))
}

/// A relative path counts as none.
fn folder(state: Option<OsString>, home: Option<OsString>) -> Option<PathBuf> {
    let absolute = |path: OsString| Some(PathBuf::from(path)).filter(|path| path.is_absolute());
    let state = state.and_then(absolute);
    let state = state.or_else(|| Some(home.and_then(absolute)?.join(".local/state")))?;
    Some(state.join("tenantry"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folder_is_the_one_of_the_specification() {
        let of =
            |state: Option<&str>, home: Option<&str>| folder(state.map(Into::into), home.map(Into::into));
        let named = |path: &str| Some(PathBuf::from(path));
        assert_eq!(of(Some("/s"), Some("/h")), named("/s/tenantry"));
        assert_eq!(of(None, Some("/h")), named("/h/.local/state/tenantry"));
        assert_eq!(of(Some("relative"), Some("/h")), named("/h/.local/state/tenantry"));
        assert_eq!(of(Some(""), None), None);
    }
}
