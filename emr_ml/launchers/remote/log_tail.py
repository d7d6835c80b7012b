"""The last lines of logs in S3."""

import io
import time
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import boto3

from emr_ml.aws.client import CALL_ERRORS, error_code
from spark_jobs.runtime.s3 import split_uri

if TYPE_CHECKING:
    from botocore.response import StreamingBody
    from mypy_boto3_s3 import S3Client

LINES = 20
LINE_CHARACTERS = 300
CHUNK_BYTES = 1 << 16
TAIL_BYTES = 1 << 16
GZIP_MAGIC = b"\x1f\x8b"
CUT = " […]"  # where characters or lines are left out


@dataclass(frozen=True)
class Tail:
    """The last lines of a log and its address; without lines, `problem` is the reason."""

    uri: str
    lines: tuple[str, ...] = ()
    problem: str = ""

    @property
    def text(self) -> str:
        return "\n".join(self.lines)


class LogStore:
    """Logs below `s3://` addresses.

    Args:
        delay: why a log may not be there yet, for the message.
    """

    def __init__(self, delay: str) -> None:
        self._delay = delay
        self._client: S3Client | None = None

    def tail(self, uri: str, wait: float, pause: float, containing: tuple[str, ...] = ()) -> Tail:
        """Return the end of the newest log whose address starts with `uri`.

        Args:
            uri: the start of its address: it may be rotated and compressed.
            wait: seconds to wait for it.
            pause: seconds between two tries.
            containing: texts that its address must contain.
        """
        deadline = time.monotonic() + wait
        while True:
            try:
                tail = self._newest_tail(uri, containing)
            except CALL_ERRORS as error:
                return Tail(uri, problem=f"it can't be read: {error_code(error) or error}")
            if tail:
                return tail
            if time.monotonic() > deadline:
                return Tail(uri, problem=f"it is not there yet: {self._delay}")
            time.sleep(pause)

    def _newest_tail(self, uri: str, containing: tuple[str, ...]) -> Tail | None:
        """Return the end of the newest log with lines, or None."""
        bucket, prefix = split_uri(uri)
        client = self._connect()
        pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        objects = [
            (str(entry.get("LastModified")), entry.get("Key", ""), entry.get("Size", 0))
            for page in pages
            for entry in page.get("Contents", ())
            if entry.get("Size") and all(text in entry.get("Key", "") for text in containing)
        ]
        for _, key, size in sorted(objects, key=lambda dated: dated[0], reverse=True):
            body = _open_end(client, bucket, key, size)
            if lines := last_lines(body):  # pyright: ignore[reportArgumentType] - it has read()
                return Tail(f"s3://{bucket}/{key}", lines)
        return None

    def _connect(self) -> "S3Client":
        if self._client is None:
            self._client = boto3.Session().client("s3")
        return self._client


def _open_end(client: "S3Client", bucket: str, key: str, size: int) -> "StreamingBody":
    """Open a log near its end, or at its start if it is compressed or small."""
    if size > TAIL_BYTES:
        start = client.get_object(Bucket=bucket, Key=key, Range=f"bytes=0-{len(GZIP_MAGIC) - 1}")
        if start["Body"].read() != GZIP_MAGIC:
            end = client.get_object(Bucket=bucket, Key=key, Range=f"bytes=-{TAIL_BYTES}")
            return end["Body"]
    return client.get_object(Bucket=bucket, Key=key)["Body"]


def last_lines(body: io.RawIOBase) -> tuple[str, ...]:
    """Return the last lines of a log, compressed or not, even if it is cut short.

    What is left out of a line, and what follows in a compressed log that ends too early, is marked
    with `CUT`.
    """
    tail, is_start, decompressor, is_whole = b"", True, None, True
    while chunk := body.read(CHUNK_BYTES):
        if is_start and chunk.startswith(GZIP_MAGIC):
            decompressor = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
        is_start = False
        try:
            tail += decompressor.decompress(chunk) if decompressor else chunk
        except zlib.error:
            is_whole = False
            break
        tail = tail[-TAIL_BYTES:]
    if decompressor and not decompressor.eof:
        is_whole = False
    lines = [line.rstrip() for line in tail.decode(errors="replace").splitlines() if line.strip()]
    shown = [
        line if len(line) <= LINE_CHARACTERS else line[:LINE_CHARACTERS] + CUT
        for line in lines[-LINES:]
    ]
    if shown and not is_whole:
        shown.append(f"{CUT.strip()} the log is cut here")
    return tuple(shown)
