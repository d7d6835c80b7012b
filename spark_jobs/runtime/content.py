"""What identifies the content of a local file."""

import hashlib
from pathlib import Path

from spark_jobs.runtime.job import JobError


def content_of(path: Path) -> str:
    """`sha256:<hex>` of a local file, streamed."""
    with path.open("rb") as file:
        return f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"


def changed(path: Path | str) -> JobError:
    """The error for a file that is not what the snapshot saw."""
    return JobError(
        f"{path} changed since the snapshot. Nothing of it was used: "
        "materialize the snapshot again, then this asset"
    )
