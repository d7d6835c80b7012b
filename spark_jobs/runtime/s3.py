"""Addresses and errors of S3, for jobs that read sources as well as for the lake."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from botocore.exceptions import ClientError

# S3's codes for credentials that were valid once
EXPIRED_CODES = ("ExpiredToken", "ExpiredTokenException", "RequestExpired")


def split_uri(uri: str) -> tuple[str, str]:
    """Return bucket and key of `s3://bucket/key`; the key is "" if there is none.

    URL parsers would cut off what follows a `?` or `#`, which a key may contain.
    """
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return bucket, key


def error_code(error: "ClientError") -> str:
    """Return S3's code for the error, such as `NoSuchKey`."""
    return error.response.get("Error", {}).get("Code", "unknown error")
