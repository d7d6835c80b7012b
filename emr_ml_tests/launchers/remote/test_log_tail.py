"""The end of a log, in whatever state it was left."""

import gzip
import io
from typing import Any, Self

import boto3
import pytest

from emr_ml.launchers.remote.log_tail import (
    CUT,
    LINE_CHARACTERS,
    LINES,
    TAIL_BYTES,
    LogStore,
    last_lines,
)

TEXT = "\n".join(f"line {number}" for number in range(100)).encode()


def lines_of(body: bytes) -> tuple[str, ...]:
    return last_lines(io.BytesIO(body))  # pyright: ignore[reportArgumentType] - it has read()


def test_a_packed_log_is_read() -> None:
    assert lines_of(gzip.compress(TEXT)) == tuple(f"line {n}" for n in range(100 - LINES, 100))


def test_a_log_that_is_not_packed_is_read() -> None:
    assert lines_of(TEXT)[-1] == "line 99"


def test_a_packed_log_that_is_cut_short_is_read_as_far_as_it_goes() -> None:
    *_, last, mark = lines_of(gzip.compress(TEXT, compresslevel=0)[:-100])
    assert set(last) <= set("line 0123456789")
    assert mark == "[…] the log is cut here"


def test_bytes_that_are_not_text_are_shown_as_replacement_characters() -> None:
    assert lines_of(b"\xff\xfe kaputt\n") == ("\ufffd\ufffd kaputt",)


def test_a_log_without_lines_is_empty() -> None:
    assert lines_of(b"\n\n") == ()


def test_a_large_log_is_read_by_its_end() -> None:
    assert lines_of(gzip.compress(b"x" * 200 + (b"filler\n" * 200_000) + b"the end\n"))[-1] == (
        "the end"
    )


def test_what_is_left_out_of_a_long_line_is_marked() -> None:
    assert lines_of(b"x" * 1000) == ("x" * LINE_CHARACTERS + CUT,)


class FakeS3:
    """A bucket with one log; `sent` counts the bytes of its answers."""

    def __init__(self, log: bytes) -> None:
        self._log, self.sent = log, 0

    def client(self, _: str) -> Self:
        return self

    def get_paginator(self, _: str) -> Self:
        return self

    def paginate(self, **_: str) -> list[dict[str, Any]]:
        return [{"Contents": [{"Key": "stderr", "Size": len(self._log)}]}]

    def get_object(self, **asked: str) -> dict[str, Any]:
        first, _, last = asked.get("Range", "bytes=0-").removeprefix("bytes=").partition("-")
        end = self._log[: int(last) + 1] if first and last else self._log
        part = end[int(first) :] if first else end[-int(last) :]
        self.sent += len(part)
        return {"Body": io.BytesIO(part)}


def last_line(monkeypatch: pytest.MonkeyPatch, s3: FakeS3) -> str:
    monkeypatch.setattr(boto3, "Session", lambda: s3)
    return LogStore("").tail("s3://bucket/stderr", 0.0, 0.0).lines[-1]


def test_of_a_large_log_only_the_end_is_downloaded(monkeypatch: pytest.MonkeyPatch) -> None:
    s3 = FakeS3(b"a line\n" * 100_000 + b"the end\n")

    assert last_line(monkeypatch, s3) == "the end"
    assert s3.sent < 2 * TAIL_BYTES


def test_a_large_packed_log_is_unpacked_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    s3 = FakeS3(gzip.compress(b"a line\n" * 100_000 + b"the end\n", compresslevel=0))

    assert last_line(monkeypatch, s3) == "the end"


def test_a_log_of_any_length_is_read_to_its_end() -> None:
    assert lines_of(b"a line\n" * 10_000_000 + b"the end\n")[-1] == "the end"
