//! Whether a binary runs on Lambda: `provided.al2023` has glibc 2.34, and a
//! binary that was linked against a newer one does not start there.
//!
//! Source: "Amazon Linux 2023 core glibc version", Amazon Linux 2023 User Guide.

use crate::error::{CliError, Result};

/// The newest glibc version that a binary may ask for.
const NEWEST: (u32, u32) = (2, 34);

/// Checks `binary`, which is to be the function `function`.
pub(super) fn check(function: &str, binary: &[u8]) -> Result {
    if !binary.starts_with(b"\x7fELF") {
        return Err(CliError::hinted(
            format!("{function} is not a Linux program"),
            "Lambda runs Linux programs: build with `cargo lambda build --release` on this system",
        ));
    }
    match asked(binary).filter(|version| *version > NEWEST) {
        None => Ok(()),
        Some((major, minor)) => Err(CliError::hinted(
            format!("{function} needs glibc {major}.{minor}, and Lambda has {}.{}", NEWEST.0, NEWEST.1),
            "this system's C library is too new: build with `cargo lambda build --release`, which links against an older one",
        )),
    }
}

/// The newest `GLIBC_x.y` that the binary names. The names stand in its string
/// table as they are, so looking for them is enough; a name that is there and
/// not needed can only make the check stricter.
fn asked(binary: &[u8]) -> Option<(u32, u32)> {
    const NAME: &[u8] = b"GLIBC_";
    let versions = binary.windows(NAME.len()).enumerate().filter(|(_, window)| *window == NAME);
    let version = |(at, _): (usize, &[u8])| {
        let rest = binary.get(at + NAME.len()..)?;
        let end = rest.iter().position(|byte| !byte.is_ascii_digit() && *byte != b'.')?;
        let text = std::str::from_utf8(rest.get(..end)?).ok()?;
        let (major, minor) = text.split_once('.')?;
        Some((major.parse().ok()?, minor.split('.').next()?.parse().ok()?))
    };
    versions.filter_map(version).max()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_binary_that_is_too_new_is_refused() {
        let binary = |version: &str| format!("\x7fELF..GLIBC_2.2.5\0GLIBC_{version}\0").into_bytes();
        assert!(check("f", &binary("2.34")).is_ok());
        assert!(check("f", &binary("2.38")).is_err());
        assert!(check("f", b"#!/bin/sh").is_err());
    }
}
