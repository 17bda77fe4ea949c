"""Brings a build's source into its folder.

https://docs.aws.amazon.com/codebuild/latest/userguide/build-env-ref-env-vars.html
https://docs.aws.amazon.com/codebuild/latest/APIReference/API_ProjectSource.html
"""

from __future__ import annotations

import io
import zipfile
from pathlib import Path, PurePosixPath
from typing import Any

from ministack.services import s3

#: More than this, unpacked, is refused: a zip can claim any size. In bytes.
MAX_UNPACKED_BYTES = 1 << 30


class SourceError(Exception):
    """The source cannot be had; `code` is what the phase's context shows."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def fetch(source: dict[str, Any], version: str | None, folder: Path) -> None:
    """Put the source into `folder`, which exists and is empty."""
    kind = source.get("type") or "NO_SOURCE"
    if kind == "NO_SOURCE":
        return
    if kind != "S3":
        raise SourceError("CLIENT_ERROR", f"source type {kind} is not part of the local cloud")
    location = source.get("location") or ""
    data = read_object(location, version)
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except zipfile.BadZipFile as error:
        raise SourceError("CLIENT_ERROR", f"{location} is not a zip file") from error
    extract(archive, folder)


def read_object(location: str, version: str | None = None) -> bytes:
    """The object at `bucket/key`, or at an S3 ARN."""
    bucket, _, key = location.removeprefix("arn:aws:s3:::").partition("/")
    data = s3._get_object_data(bucket, key, version or None) if bucket and key else None
    if data is None:
        raise SourceError("CLIENT_ERROR", f"NoSuchKey: the source {location} does not exist")
    return bytes(data)


def extract(archive: zipfile.ZipFile, folder: Path) -> None:
    """Unpack within `folder`: no entry may lead out of it, and no link is made."""
    entries = archive.infolist()
    if sum(entry.file_size for entry in entries) > MAX_UNPACKED_BYTES:
        raise SourceError("CLIENT_ERROR", "the source is too large when unpacked")
    for entry in entries:
        name = PurePosixPath(entry.filename.replace("\\", "/"))
        if name.is_absolute() or ".." in name.parts:
            raise SourceError("CLIENT_ERROR", f"the source has an entry outside its root: {entry.filename}")
        target = folder.joinpath(*name.parts)
        if entry.is_dir():
            target.mkdir(parents=True, exist_ok=True)
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(archive.read(entry))
        # A zip of a Unix system carries the mode in its upper half; helper scripts need their x.
        if (entry.external_attr >> 16) & 0o100:
            target.chmod(0o755)


def buildspec_text(source: dict[str, Any], folder: Path) -> str:
    """The buildspec: in line, a file of the source, an object in S3, or `buildspec.yml`."""
    spec = source.get("buildspec") or ""
    if "\n" in spec or spec.lstrip().startswith(("version", "{")):
        return spec
    if spec.startswith("arn:aws:s3:::"):
        return read_object(spec).decode("utf-8", "replace")
    if (source.get("type") or "NO_SOURCE") == "NO_SOURCE":
        raise SourceError("YAML_FILE_ERROR", "a project without source needs its buildspec in line")
    name = PurePosixPath(spec or "buildspec.yml")
    path = folder.joinpath(*name.parts)
    if name.is_absolute() or ".." in name.parts or not path.is_file():
        raise SourceError("YAML_FILE_ERROR", f"stat {name}: no such file or directory")
    return path.read_text(encoding="utf-8", errors="replace")
