"""The content id of a local file."""

import hashlib
from pathlib import Path

from spark_jobs.runtime.job import JobError


def content_of(path: Path) -> str:
    """Return `sha256:<hex>` of a local file, which is streamed."""
    with path.open("rb") as file:
        return f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"


def changed_error(path: Path | str) -> JobError:
    """Return the error for a file whose content is no longer the snapshot's."""
    return JobError(
        f"{path} changed since the snapshot. Nothing of it was used: "
        "materialize the snapshot again, then this asset"
    )
