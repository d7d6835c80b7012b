"""The last lines of step and bootstrap logs, in the bucket to which EMR copies logs."""

import io
import time
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from emr_ml.aws.client import error_code
from spark_jobs.runtime.s3 import split_uri

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

LINES = 20
LINE_CHARACTERS = 300
MAX_BYTES = 64 << 20
CHUNK_BYTES = 1 << 16
TAIL_BYTES = 1 << 16
GZIP_MAGIC = b"\x1f\x8b"


@dataclass(frozen=True)
class Tail:
    """The last lines of a log and its address; without lines, `problem` is the reason."""

    uri: str
    lines: tuple[str, ...] = ()
    problem: str = ""

    @property
    def text(self) -> str:
        return "\n".join(self.lines)


class Logs:
    """The logs of all clusters below one `s3://` address."""

    def __init__(self, log_uri: str) -> None:
        # EMR answers with the scheme of its old file system
        self.uri = log_uri.replace("s3n://", "s3://", 1).rstrip("/")
        self._client: S3Client | None = None

    def step_uri(self, cluster: str, step: str) -> str:
        return f"{self.uri}/{cluster}/steps/{step}/"

    def step(self, cluster: str, step: str, name: str, wait: float, pause: float) -> Tail:
        """Return the end of a step's log.

        Args:
            cluster: id of the cluster.
            step: id of the step.
            name: `stderr` of the step's process, or `controller`, in which EMR logs about it.
            wait: seconds to wait for the log.
            pause: seconds between two tries.
        """
        return self._wait_for_tail(f"{self.step_uri(cluster, step)}{name}", wait, pause)

    def bootstrap(self, cluster: str, wait: float, pause: float) -> Tail:
        """Return the end of the stderr of a bootstrap action, on whichever node has one."""
        return self._wait_for_tail(
            f"{self.uri}/{cluster}/node/", wait, pause, containing=("/bootstrap-actions/", "stderr")
        )

    def _wait_for_tail(
        self, uri: str, wait: float, pause: float, containing: tuple[str, ...] = ()
    ) -> Tail:
        deadline = time.monotonic() + wait
        while True:
            try:
                tail = self._newest_tail(uri, containing)
            except (ClientError, BotoCoreError) as error:
                return Tail(uri, problem=f"it can't be read: {error_code(error) or error}")
            if tail:
                return tail
            if time.monotonic() > deadline:
                problem = "it is not there yet: EMR copies logs within five minutes"
                return Tail(uri, problem=problem)
            time.sleep(pause)

    def _newest_tail(self, uri: str, containing: tuple[str, ...]) -> Tail | None:
        """Return the end of the newest log with lines, or None.

        EMR may rotate and compress a log, so several objects can start with its address.
        """
        bucket, prefix = split_uri(uri)
        client = self._connect()
        pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        objects = [
            (str(entry.get("LastModified")), entry.get("Key", ""))
            for page in pages
            for entry in page.get("Contents", ())
            if entry.get("Size") and all(text in entry.get("Key", "") for text in containing)
        ]
        for _, key in sorted(objects, key=lambda dated: dated[0], reverse=True):
            body = client.get_object(Bucket=bucket, Key=key)["Body"]
            if lines := last_lines(body):  # pyright: ignore[reportArgumentType] - it has read()
                return Tail(f"s3://{bucket}/{key}", lines)
        return None

    def _connect(self) -> "S3Client":
        if self._client is None:
            self._client = boto3.Session().client("s3")
        return self._client


def last_lines(body: io.RawIOBase) -> tuple[str, ...]:
    """Return the last lines of a log, compressed or not, even if it is cut short."""
    tail, size, decompressor = b"", 0, None
    while size < MAX_BYTES and (chunk := body.read(CHUNK_BYTES)):
        if size == 0 and chunk.startswith(GZIP_MAGIC):
            decompressor = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
        size += len(chunk)
        try:
            tail += decompressor.decompress(chunk) if decompressor else chunk
        except zlib.error:
            break
        tail = tail[-TAIL_BYTES:]
    lines = [line.rstrip() for line in tail.decode(errors="replace").splitlines() if line.strip()]
    return tuple(line[:LINE_CHARACTERS] for line in lines[-LINES:])
