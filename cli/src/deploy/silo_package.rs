//! The silo package: what a build deploys a tenant's stack from. One archive,
//! named by its content, with the packaged template and the buildspecs.

use crate::error::{CliError, Result};
use crate::files;
use crate::workspace::Workspace;
use sha2::{Digest, Sha256};
use std::io::{Cursor, Write};
use std::path::{Path, PathBuf};
use zip::write::{SimpleFileOptions, ZipWriter};

/// An archive that was built.
pub(super) struct SiloPackage {
    /// Where it is.
    pub(super) path: PathBuf,
    /// Where it goes in the bucket.
    pub(super) key: String,
    /// The release that it is, by its content.
    pub(super) release: String,
}

/// Builds the archive around the packaged `template`.
pub(super) fn build(workspace: &Workspace, template: &Path) -> Result<SiloPackage> {
    let mut files = vec![("tenant-silo.yaml".to_owned(), files::read(template, files::TEXT_MAX)?)];
    let folder = workspace.root.join("infra/silo");
    let missing = || {
        CliError::hinted(
            format!("there is no folder {}", folder.display()),
            "run the command in a whole clone of Tenantry",
        )
    };
    for path in files::list(&folder)?.ok_or_else(missing)? {
        let wanted = path.extension().is_some_and(|ending| ending == "yml" || ending == "py");
        if let (true, Some(name)) =
            (path.is_file() && wanted, path.file_name().and_then(|name| name.to_str()))
        {
            files.push((name.to_owned(), files::read(&path, files::TEXT_MAX)?));
        }
    }
    files.sort();
    let archive = archive(&files)?;
    let digest: String = Sha256::digest(&archive).iter().map(|byte| format!("{byte:02x}")).collect();
    let short = &digest[..12];
    let path = workspace.package().join(format!("silo-{short}.zip"));
    files::write(&path, &archive)?;
    let release = format!("{}-{short}", env!("CARGO_PKG_VERSION"));
    Ok(SiloPackage { path, key: format!("silo/{digest}.zip"), release })
}

/// The same files give the same bytes: no times, no compression to vary.
fn archive(files: &[(String, Vec<u8>)]) -> Result<Vec<u8>> {
    let wrong = |error: zip::result::ZipError| CliError::Failed(format!("the silo package: {error}"));
    let options = SimpleFileOptions::default()
        .compression_method(zip::CompressionMethod::Stored)
        .last_modified_time(zip::DateTime::default())
        .unix_permissions(0o644);
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in files {
        writer.start_file(name, options).map_err(wrong)?;
        writer.write_all(content).map_err(|error| wrong(error.into()))?;
    }
    Ok(writer.finish().map_err(wrong)?.into_inner())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_files_give_the_same_archive() {
        let files = [("a".to_owned(), b"1".to_vec()), ("b".to_owned(), b"2".to_vec())];
        assert_eq!(archive(&files).ok(), archive(&files).ok());
    }
}
