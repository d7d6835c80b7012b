"""The end of what a step or a bootstrap action wrote, from the bucket that EMR copies logs to."""

import io
import time
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from emr_ml.aws.client import error_code

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

LINES = 20
LINE_CHARACTERS = 300
MOST_BYTES = 64 << 20
CHUNK = 1 << 16
TAIL_CHARACTERS = 1 << 16
LATE = "EMR copies logs within five minutes"


@dataclass(frozen=True)
class Tail:
    """The last lines of a log and its address; without lines, `problem` says why."""

    uri: str
    lines: tuple[str, ...] = ()
    problem: str = ""

    @property
    def text(self) -> str:
        return "\n".join(self.lines)


class Logs:
    """The logs of clusters below one `s3://` address."""

    def __init__(self, log_uri: str) -> None:
        # EMR answers with the scheme of its old file system
        self.uri = log_uri.replace("s3n://", "s3://", 1).rstrip("/")
        self._client: S3Client | None = None

    def step_uri(self, cluster: str, step: str) -> str:
        return f"{self.uri}/{cluster}/steps/{step}/"

    def step(self, cluster: str, step: str, name: str, wait: float, pause: float) -> Tail:
        """The end of the step's `stderr` or `controller`, waited for as long as `wait` seconds."""
        return self._awaited(f"{self.step_uri(cluster, step)}{name}", wait, pause)

    def bootstrap(self, cluster: str, wait: float, pause: float) -> Tail:
        """The end of what a bootstrap action wrote to stderr, on any of the nodes."""
        return self._awaited(f"{self.uri}/{cluster}/node/", wait, pause, "/bootstrap-actions/")

    def _awaited(self, uri: str, wait: float, pause: float, within: str = "") -> Tail:
        until = time.monotonic() + wait
        while True:
            try:
                tail = self._newest(uri, within)
            except (ClientError, BotoCoreError) as error:
                return Tail(uri, problem=f"it can't be read: {error_code(error) or error}")
            if tail or time.monotonic() > until:
                return tail or Tail(uri, problem=f"it is not there yet: {LATE}")
            time.sleep(pause)

    def _newest(self, uri: str, within: str) -> Tail | None:
        """The end of the newest log whose address starts so; EMR may rotate and pack them."""
        bucket, _, prefix = uri.removeprefix("s3://").partition("/")
        client = self._connected()
        pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        found = [
            (entry.get("LastModified"), entry.get("Key", ""))
            for page in pages
            for entry in page.get("Contents", ())
            if within in entry.get("Key", "")
            and (not within or "stderr" in entry.get("Key", ""))
            and entry.get("Size")
        ]
        for _, key in sorted(found, key=lambda each: str(each[0]), reverse=True):
            body = client.get_object(Bucket=bucket, Key=key)["Body"]
            if lines := last_lines(body):  # pyright: ignore[reportArgumentType] - it has read()
                return Tail(f"s3://{bucket}/{key}", lines)
        return None

    def _connected(self) -> "S3Client":
        if self._client is None:
            self._client = boto3.Session().client("s3")
        return self._client


def last_lines(body: io.RawIOBase) -> tuple[str, ...]:
    """The last lines of a log, packed or not; one that is cut short is read as far as it goes."""
    text, read, unpack = b"", 0, None
    while read < MOST_BYTES and (chunk := body.read(CHUNK)):
        if not read and chunk[:2] == b"\x1f\x8b":
            unpack = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
        read += len(chunk)
        try:
            text += unpack.decompress(chunk) if unpack else chunk
        except zlib.error:
            break
        text = text[-TAIL_CHARACTERS:]
    lines = [line.rstrip() for line in text.decode(errors="replace").splitlines() if line.strip()]
    return tuple(line[:LINE_CHARACTERS] for line in lines[-LINES:])
