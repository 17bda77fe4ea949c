//! The files that the command reads and writes. An error says which file, why,
//! and what to do; nothing is read without a limit. `clippy.toml` shuts every
//! other way to a file.

use crate::error::{CliError, Result};
use std::io::{Error, ErrorKind, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// The largest file that is read as text, in bytes, where nothing smaller is
/// known.
pub(crate) const TEXT_MAX: u64 = 1 << 20;
/// The largest program or archive that is read, in bytes: a function's package
/// must be smaller still ("Lambda quotas", AWS Lambda Developer Guide: 250 MB).
pub(crate) const PROGRAM_MAX: u64 = 1 << 30;

/// Reads a file of at most `limit` bytes.
///
/// # Errors
///
/// When it cannot be read, or is longer.
pub(crate) fn read(path: &Path, limit: u64) -> Result<Vec<u8>> {
    let file = fs_err::File::open(path).map_err(failed)?;
    let mut bytes = Vec::new();
    file.take(limit + 1).read_to_end(&mut bytes).map_err(failed)?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length <= limit) {
        return Ok(bytes);
    }
    Err(CliError::hinted(
        format!("{} is longer than {limit} bytes, the most that is read of it", path.display()),
        "check that this is the right file",
    ))
}

/// Reads a file of at most `limit` bytes of UTF-8.
///
/// # Errors
///
/// As [`read`], and when it is no text.
pub(crate) fn read_text(path: &Path, limit: u64) -> Result<String> {
    String::from_utf8(read(path, limit)?).map_err(|_| {
        let what = format!("{} is not text (UTF-8)", path.display());
        CliError::hinted(what, "check that this is the right file")
    })
}

/// The end of a file, at most `limit` bytes of it; whatever is no text in it is
/// replaced.
///
/// # Errors
///
/// When it cannot be read.
pub(crate) fn read_end(path: &Path, limit: u64) -> Result<String> {
    let mut file = fs_err::File::open(path).map_err(failed)?;
    let length = file.metadata().map_err(failed)?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(limit))).map_err(failed)?;
    let mut bytes = Vec::new();
    file.take(limit).read_to_end(&mut bytes).map_err(failed)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Writes a file, over what is there.
pub(crate) fn write(path: &Path, bytes: impl AsRef<[u8]>) -> Result {
    fs_err::write(path, bytes).map_err(failed)
}

/// Makes a folder, and those around it.
pub(crate) fn create_folder(path: &Path) -> Result {
    fs_err::create_dir_all(path).map_err(failed)
}

/// Puts a file in another's place, at once.
pub(crate) fn rename(from: &Path, to: &Path) -> Result {
    fs_err::rename(from, to).map_err(failed)
}

/// Removes a file; whether there was one.
pub(crate) fn remove(path: &Path) -> Result<bool> {
    match fs_err::remove_file(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        done => done.map(|()| true).map_err(failed),
    }
}

/// Removes a folder with all that is in it.
pub(crate) fn remove_folder(path: &Path) -> Result {
    fs_err::remove_dir_all(path).map_err(failed)
}

/// What is in a folder; `None` if there is no such folder.
pub(crate) fn list(path: &Path) -> Result<Option<Vec<PathBuf>>> {
    let entries = match fs_err::read_dir(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        entries => entries.map_err(failed)?,
    };
    let paths = entries.map(|entry| entry.map(|entry| entry.path()).map_err(failed));
    paths.collect::<Result<Vec<PathBuf>>>().map(Some)
}

/// The error of a file operation, which `fs_err` has made name its file.
pub(crate) fn failed(error: Error) -> CliError {
    CliError::File { what: error.to_string(), hint: hint(error.kind()), kind: error.kind() }
}

fn hint(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::NotFound => "check the path: there is no such file or folder",
        ErrorKind::PermissionDenied => {
            "check its permissions (ls -l), and run the command as a user who may access it"
        }
        ErrorKind::IsADirectory => "name a file: this is a folder",
        ErrorKind::NotADirectory => {
            "part of the path is a file, not a folder: move that file, or use another path"
        }
        ErrorKind::AlreadyExists => "something else is there already: move it away, or use another path",
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
            "free some space there, and run the command again"
        }
        ErrorKind::ReadOnlyFilesystem => "the disk is mounted read-only: use a path on another one",
        ErrorKind::ExecutableFileBusy => {
            "the program is running: stop it (tenantry local down), and run the command again"
        }
        ErrorKind::InvalidFilename => "use a shorter path: part of this one is too long",
        _ => "check the path and the disk that it is on, and run the command again",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("tenantry-files-{name}-{}", std::process::id()));
        let _ = remove_folder(&folder);
        assert!(create_folder(&folder).is_ok());
        folder
    }

    /// Every operation on a path that is not what it needs names the path and
    /// says what to do.
    #[test]
    fn every_error_names_its_file_and_the_next_step() {
        let folder = folder("named");
        let file = folder.join("file");
        assert!(write(&file, "text").is_ok());
        let (absent, below) = (folder.join("absent"), file.join("below"));
        type Done = Result<()>;
        let cases: [(&str, &Path, Done); 11] = [
            ("read, absent", &absent, read(&absent, 9).map(drop)),
            ("read, a folder", &folder, read(&folder, 9).map(drop)),
            ("read, below a file", &below, read(&below, 9).map(drop)),
            ("read, too long", &file, read(&file, 3).map(drop)),
            ("write, a folder", &folder, write(&folder, "")),
            ("write, below what is absent", &absent, write(&absent.join("x"), "")),
            ("create, below a file", &below, create_folder(&below)),
            ("rename, absent", &absent, rename(&absent, &file)),
            ("remove, a folder", &folder, remove(&folder).map(drop)),
            ("remove a folder, absent", &absent, remove_folder(&absent)),
            ("list, a file", &file, list(&file).map(drop)),
        ];
        for (case, path, done) in cases {
            let Err(error) = done else { panic!("{case} went well") };
            assert!(error.to_string().contains(&path.display().to_string()), "{case}: {error}");
            assert!(error.hint().is_some_and(|hint| !hint.is_empty()), "{case}: {error}");
        }
        let _ = remove_folder(&folder);
    }

    #[test]
    fn bytes_that_are_no_text_are_refused() {
        let folder = folder("text");
        let file = folder.join("file");
        assert!(write(&file, [0xff, 0xfe]).is_ok());
        let said = read_text(&file, 9).map_err(|error| error.to_string());
        assert!(matches!(&said, Err(said) if said.contains("not text")), "{said:?}");
        let _ = remove_folder(&folder);
    }
}
