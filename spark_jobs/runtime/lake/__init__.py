"""The lake: named objects with conditional writes, in a folder or in S3."""

from spark_jobs.runtime.lake.base import Lake, Object, Stored
from spark_jobs.runtime.lake.folder import FolderLake

__all__ = ["FolderLake", "Lake", "Object", "Stored", "open_lake"]


def open_lake(root: str) -> Lake:
    """Open the lake at a folder's path or at `s3://bucket/prefix`."""
    if root.startswith("s3://"):
        # importing boto3 takes half a second, and a lake in a folder does not need it
        from spark_jobs.runtime.lake.s3 import S3Lake

        return S3Lake(root)
    return FolderLake(root)
