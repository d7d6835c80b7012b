"""Exports that were damaged: an error of one line, or a contract that the readers take."""

import io
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emr_ml.contract import Contract, parse_contract
from emr_ml.infer import infer_contract
from emr_ml.sources.header import read_head
from emr_ml.sources.header_fit import body_problem, header_problems
from emr_ml.sources.listing import SourceError
from emr_ml_tests.exports import EXPORTS, export
from spark_jobs.reading.file_records import read_records

T = TypeVar("T")
NAMES = [name for name in EXPORTS if not name.endswith(".zst")]
MARKS = [b'"', b"\\", b"\0", b"\n", b"\r", b",", b";", b"|", b"\xff", b"\\N", b"#", b"\xef\xbb\xbf"]
PLACES = st.integers(0, 10_000)


@st.composite
def damaged(draw: st.DrawFn) -> tuple[str, bytes]:
    """Return the name of an export, and its content with one to three changes."""
    name = draw(st.sampled_from(NAMES))
    content = export(name)
    for _ in range(draw(st.integers(1, 3))):
        place = draw(PLACES) % (len(content) + 1)
        match draw(st.sampled_from(["cut", "insert", "double", "drop", "swap"])):
            case "cut":
                content = content[:place]
            case "insert":
                content = content[:place] + draw(st.sampled_from(MARKS)) + content[place:]
            case "double":
                content = content[: place + 60] + content[place:]
            case "drop":
                content = content[:place] + content[place + draw(st.integers(1, 60)) :]
            case _:
                lines = content.splitlines(keepends=True)
                other = draw(PLACES) % (len(lines) or 1)
                lines = [*lines[other:], *lines[:other]]
                content = b"".join(lines)
    return name, content


def outcome(make: Callable[[], T]) -> T | str:
    """Return what is made, or the message of the error."""
    try:
        return make()
    except SourceError as error:
        return str(error)


@given(damaged())
def test_what_is_inferred_from_a_damaged_export_is_what_its_reader_takes(
    file: tuple[str, bytes],
) -> None:
    name, content = file
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(content)
        inferred = outcome(lambda: infer_contract(str(path)))
    if isinstance(inferred, str):
        assert "\n" not in inferred
        return
    text, profile = inferred
    contract, size = parse_contract(text, "inferred.yaml"), len(content)

    head = outcome(lambda: read_head(lambda at, n: content[at : at + n], size, name, contract))

    if isinstance(head, str):
        # a mark at its beginning promises an encoding that a byte breaks
        assert content.startswith(b"\xef\xbb\xbf") and "is not utf-8" in head
        return
    assert header_problems(name, size, contract.match_names(head.columns), contract) == []
    assert body_problem(name, head, contract) is None
    assert profile.csv is not None
    assert _rows(content, contract) == profile.sample.rows + sum(
        profile.csv.unusable_records.values()
    )


def _rows(content: bytes, contract: Contract) -> int:
    dialect = contract.dialect.model_dump(mode="json")
    records = read_records(io.BytesIO(content), "x", dialect)  # pyright: ignore[reportArgumentType] - a dialect
    return sum(not record.is_skipped for record in records)


@pytest.mark.parametrize("length", [0, 3, 10, 50, 200])
def test_compressed_data_that_is_cut_off_is_an_error_of_one_line(
    tmp_path: Path, length: int
) -> None:
    (tmp_path / "list.json.zst").write_bytes(export("list.json.zst")[:length])
    with pytest.raises(SourceError) as caught:
        infer_contract(str(tmp_path / "list.json.zst"))
    assert "\n" not in str(caught.value)
