"""Metadata of a job that ran elsewhere, with links that the UI opens."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import dagster as dg

from spark_jobs.runtime.s3 import split_uri

CONSOLE = "console"  # the page of a cluster or a service, which only jobs on AWS have


def linked(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """Return metadata in which addresses of the web are links, and logs in S3 have one."""
    shown: dict[str, Any] = {}
    for name, value in metadata.items():
        if not isinstance(value, str) or "://" not in value:
            shown[name] = value
        elif value.startswith(("https://", "http://")):
            shown[name] = dg.MetadataValue.url(value)
        else:
            shown[name] = dg.MetadataValue.path(value)
            if value.startswith("s3://") and CONSOLE in metadata:
                shown[f"{name}_in_{CONSOLE}"] = dg.MetadataValue.url(_s3_console(value))
    return shown


def _s3_console(uri: str) -> str:
    """Return the address of a folder's page in the AWS console."""
    bucket, prefix = split_uri(uri)
    folder = f"{prefix.rstrip('/')}/"
    return f"https://s3.console.aws.amazon.com/s3/buckets/{bucket}?prefix={quote(folder)}"
