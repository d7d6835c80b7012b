"""The end of a log, in whatever state it was left."""

import gzip
import io

from emr_ml.launchers.remote.log_tail import CUT, LINE_CHARACTERS, LINES, MAX_BYTES, last_lines

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


def test_a_log_that_is_too_long_to_be_read_is_marked_as_cut() -> None:
    assert lines_of(b"a line\n" * (MAX_BYTES // 7 + 20_000))[-1] == "[…] the log is cut here"
