//! The credentials of a local cloud: made for its start, and kept in its folder,
//! in a file that nobody else may read and that AWS's tools understand
//! (`AWS_SHARED_CREDENTIALS_FILE`).

use crate::error::Result;
use crate::files;
use crate::secret::Secret;
use fs_err::OpenOptions;
use fs_err::os::unix::fs::OpenOptionsExt;
use std::io::Write;
use std::path::Path;
use uuid::Uuid;

/// An access key's id, and its secret.
#[derive(Clone, Debug)]
pub(crate) struct Credentials {
    pub(crate) key: String,
    pub(crate) secret: Secret,
}

impl Credentials {
    /// New ones, which nobody can guess: 244 random bits. The id does not begin
    /// like one of AWS's, so that no scanner takes it for one.
    pub(crate) fn new() -> Self {
        let random = || Uuid::new_v4().simple().to_string();
        let key = random().to_uppercase().chars().take(16).collect::<String>();
        Self { key: format!("LKIA{key}"), secret: Secret::new(format!("{}{}", random(), random())) }
    }

    /// What `file` has, if it has any.
    pub(crate) fn read(file: &Path) -> Option<Self> {
        let text = files::read_text(file, files::TEXT_MAX).ok()?;
        let value = |name: &str| {
            let values = text.lines().filter_map(|line| line.split_once('='));
            let found = values.map(|(name, value)| (name.trim(), value.trim())).find(|line| line.0 == name);
            found.map(|(_, value)| value.to_owned()).filter(|value| !value.is_empty())
        };
        Some(Self { key: value("aws_access_key_id")?, secret: Secret::new(value("aws_secret_access_key")?) })
    }

    /// Keeps them in `file`, which is nobody else's from its first byte on.
    ///
    /// # Errors
    ///
    /// When the file cannot be written.
    pub(crate) fn keep(&self, file: &Path) -> Result {
        let partial = file.with_extension("partial");
        // One that was left half written.
        files::remove(&partial)?;
        let new = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&partial);
        let mut new = new.map_err(files::failed)?;
        let (key, secret) = (&self.key, self.secret.reveal());
        let text = format!("[default]\naws_access_key_id = {key}\naws_secret_access_key = {secret}\n");
        new.write_all(text.as_bytes()).map_err(files::failed)?;
        files::rename(&partial, file)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    /// What is kept is read again, nobody else can read it, and no two are alike.
    #[test]
    fn they_are_kept_for_the_user_alone() {
        let file = std::env::temp_dir().join(format!("tenantry-credentials-{}", std::process::id()));
        let made = Credentials::new();
        assert!(made.keep(&file).is_ok());
        let mode = fs_err::metadata(&file).map(|data| data.permissions().mode() & 0o777);
        assert_eq!(mode.ok(), Some(0o600));
        let read = Credentials::read(&file).map(|read| (read.key, read.secret));
        assert_eq!(read, Some((made.key.clone(), made.secret.clone())));
        let _ = fs_err::remove_file(&file);
        assert_eq!((made.key.len(), made.secret.reveal().len()), (20, 64));
        assert_ne!(Credentials::new().secret, made.secret);
    }
}
