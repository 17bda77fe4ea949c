//! Where tokens are kept: a file for each API, which nobody else may read, in
//! the user's state folder (XDG Base Directory Specification).

use super::session::Session;
use crate::error::{CliError, Result};
use crate::files;
use crate::folder;
use fs_err::os::unix::fs::OpenOptionsExt;
use fs_err::{File, OpenOptions};
use sha2::{Digest, Sha256};
use std::fs::Permissions;
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// What others may do with a file.
const OTHERS: u32 = 0o077;

/// The folder of sessions.
#[derive(Clone, Debug)]
pub(crate) struct Store(PathBuf);

impl Store {
    /// The user's own.
    ///
    /// # Errors
    ///
    /// When the environment says neither `XDG_STATE_HOME` nor `HOME`.
    pub(crate) fn of_user() -> Result<Self> {
        folder::of_user().map(|folder| Self(folder.join("sessions"))).ok_or_else(|| {
            CliError::hinted(
                "no folder to store tokens in",
                "set HOME, or XDG_STATE_HOME to an absolute path",
            )
        })
    }

    /// The file of the API at `url`.
    pub(crate) fn file(&self, url: &str) -> PathBuf {
        let digest: String = Sha256::digest(url).iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        self.0.join(format!("{digest}.json"))
    }

    /// Who is signed in at the API at `url`.
    ///
    /// # Errors
    ///
    /// When others may read the file, or it cannot be read.
    pub(crate) fn read(&self, url: &str) -> Result<Option<Session>> {
        read(&self.file(url))
    }

    /// The one API that somebody is signed in at; `None` if there are more, or
    /// none.
    ///
    /// # Errors
    ///
    /// As [`Store::read`].
    pub(crate) fn only(&self) -> Result<Option<String>> {
        let paths = files::list(&self.0)?.unwrap_or_default().into_iter();
        let mut files = paths.filter(|path| path.extension().is_some_and(|extension| extension == "json"));
        match (files.next(), files.next()) {
            (Some(only), None) => Ok(read(&only)?.map(|session| session.api)),
            _ => Ok(None),
        }
    }

    /// Keeps a session, all of it or nothing.
    ///
    /// # Errors
    ///
    /// When the folder or the file cannot be written.
    pub(crate) fn keep(&self, session: &Session) -> Result {
        files::create_folder(&self.0)?;
        fs_err::set_permissions(&self.0, Permissions::from_mode(0o700)).map_err(files::failed)?;
        let file = self.file(&session.api);
        let partial = file.with_extension(format!("{}.partial", std::process::id()));
        let text = serde_json::to_vec_pretty(session)?;
        let written = write(&partial, &text).and_then(|()| files::rename(&partial, &file));
        if written.is_err() {
            // Half a file is of no use to anybody.
            let _ = files::remove(&partial);
        }
        written
    }

    /// Forgets the session at `url`; whether there was one.
    ///
    /// # Errors
    ///
    /// When the file cannot be removed.
    pub(crate) fn forget(&self, url: &str) -> Result<bool> {
        files::remove(&self.file(url))
    }
}

/// A file that is made for nobody else from its first byte on.
fn write(path: &Path, bytes: &[u8]) -> Result {
    // One that is left of a process that had the same number.
    files::remove(path)?;
    let opened = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    let mut file = opened.map_err(files::failed)?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(files::failed)
}

fn read(path: &Path) -> Result<Option<Session>> {
    let file = match File::open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        file => file.map_err(files::failed)?,
    };
    let mode = file.metadata().map_err(files::failed)?.permissions().mode() & 0o777;
    if mode & OTHERS != 0 {
        return Err(CliError::hinted(
            format!("{} has tokens, and others may read it (its mode is {mode:o})", path.display()),
            "whoever read it can use them: tenantry logout, then tenantry login",
        ));
    }
    let mut text = String::new();
    file.take(files::TEXT_MAX).read_to_string(&mut text).map_err(files::failed)?;
    let session = serde_json::from_str(&text).map_err(|_| {
        let what = format!("{} is not what `tenantry login` writes", path.display());
        CliError::hinted(what, "remove it, and sign in again: tenantry login")
    })?;
    Ok(Some(session))
}

#[cfg(test)]
mod tests {
    use super::super::session::tests::session;
    use super::*;

    const URL: &str = "https://api.example";

    fn store(name: &str) -> Store {
        let folder = std::env::temp_dir().join(format!("tenantry-store-{name}-{}", std::process::id()));
        let _ = fs_err::remove_dir_all(&folder);
        Store(folder.join("sessions"))
    }

    fn mode(path: &Path) -> Option<u32> {
        Some(fs_err::metadata(path).ok()?.permissions().mode() & 0o777)
    }

    #[test]
    fn tokens_are_the_users_alone_and_written_whole() {
        let store = store("alone");
        assert!(matches!(store.read(URL), Ok(None)) && matches!(store.only(), Ok(None)));
        // Twice: the second time over what is there.
        for user in ["ada", "grace"] {
            let session = Session { user: user.to_owned(), ..session(URL) };
            assert!(store.keep(&session).is_ok());
            assert!(matches!(store.read(URL), Ok(Some(kept)) if kept == session));
        }
        assert_eq!((mode(&store.file(URL)), mode(&store.0)), (Some(0o600), Some(0o700)));
        let files = fs_err::read_dir(&store.0).map(Iterator::count);
        assert!(matches!(files, Ok(1)), "{files:?}");
        assert!(matches!(store.only(), Ok(Some(url)) if url == URL));
        assert!(matches!((store.forget(URL), store.forget(URL)), (Ok(true), Ok(false))));
        let _ = fs_err::remove_dir_all(&store.0);
    }

    #[test]
    fn a_file_that_others_may_read_is_refused() {
        let store = store("others");
        assert!(store.keep(&session(URL)).is_ok());
        let opened = fs_err::set_permissions(store.file(URL), Permissions::from_mode(0o640));
        assert!(opened.is_ok());
        let said = store.read(URL).map_err(|error| error.to_string());
        assert!(matches!(&said, Err(said) if said.contains("its mode is 640")), "{said:?}");
        let _ = fs_err::remove_dir_all(&store.0);
    }
}
