//! Writes a file as a whole or not at all.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;

/// Writes the text beside the file and then renames it, so that nobody ever sees a part of it.
pub(crate) fn replace(path: &Path, text: &str) -> io::Result<()> {
    // The file that a symbolic link leads to, not the link.
    let path = fs::canonicalize(path)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let beside = path.with_file_name(format!(".{name}.{}.apigw-headers", std::process::id()));
    let metadata = fs::metadata(&path)?;
    if metadata.permissions().readonly() {
        // Renaming would get around that.
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, "it is read-only"));
    }
    let written = OpenOptions::new().write(true).create_new(true).open(&beside).and_then(|mut file| {
        // First, so that nobody reads it who may not read the original.
        keep_owner(&beside, &metadata);
        file.set_permissions(metadata.permissions())?;
        file.write_all(text.as_bytes())?;
        file.sync_all()
    });
    let renamed = written.and_then(|()| fs::rename(&beside, &path));
    if renamed.is_err() {
        // The error that is returned is the one that matters.
        let _ = fs::remove_file(&beside);
    }
    renamed
}

/// As far as that is allowed: under `sudo`, the file would become root's.
#[cfg(unix)]
fn keep_owner(path: &Path, metadata: &fs::Metadata) {
    use std::os::unix::fs::{chown, MetadataExt};

    // Only root may give files away, and others have no need to.
    let _ = chown(path, Some(metadata.uid()), Some(metadata.gid()));
}

#[cfg(not(unix))]
fn keep_owner(_: &Path, _: &fs::Metadata) {}
