"""A large file is looked at in some places only."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from emr_ml.infer import csv_sample
from emr_ml.infer.files import File
from emr_ml.sources.listing import SourceError
from emr_ml_tests.infer.samples import Look

HEAD, WINDOW, WINDOWS = 64 * 1024, 16 * 1024, 4


@pytest.fixture(autouse=True)
def small_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is large is so to these tests."""
    for name, value in {"HEAD": HEAD, "WINDOW": WINDOW, "WINDOWS": WINDOWS}.items():
        monkeypatch.setattr(csv_sample, name, value)
    monkeypatch.setattr("emr_ml.infer.contract_text.ONE_TASK", HEAD)


def written(folder: Path, rows: Iterator[str], encoding: str = "utf-8") -> Look:
    path = folder / "data.csv"
    path.write_text("n,text,label\n" + "".join(rows), encoding=encoding)
    return Look(path)


def sorted_by_label(text: str = "some words") -> Iterator[str]:
    return (f"{i % 97},{text},{'abcd'[i // 10_000]}\n" for i in range(40_000))


def test_a_file_that_is_sorted_shows_all_its_classes(tmp_path: Path) -> None:
    found = written(tmp_path, sorted_by_label()).found
    assert found.target and found.target.others == ("a", "b", "c", "d")


def test_what_was_not_seen_may_be_there(tmp_path: Path) -> None:
    seen = written(tmp_path, sorted_by_label())
    assert seen.contract.label and seen.contract.label.classes is None
    assert "the first ones and rows at 4 places further on" in seen.text
    assert "not all rows were seen" in seen.text


def test_only_head_and_windows_are_read(tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    path.write_text("n,text,label\n" + "".join(sorted_by_label()) * 10)
    asked: list[tuple[int, int]] = []

    def read(start: int, length: int) -> bytes:
        asked.append((start, start + length))
        with path.open("rb") as file:
            file.seek(start)
            return file.read(length)

    size = path.stat().st_size
    csv_sample.sample_csv(File(str(path), size, read))
    windows = {each for each in asked if each[0] > 2 << 20}
    assert len(windows) == WINDOWS - 1
    assert sum(end - start for start, end in windows) == (WINDOWS - 1) * WINDOW


def test_a_place_within_quotes_is_understood(tmp_path: Path) -> None:
    seen = written(tmp_path, sorted_by_label('"long\nlines, ""of""\nwords"'))
    assert seen.found.target and len(seen.found.target.others) == 4
    assert all(len(column) == seen.found.sample.rows for column in seen.found.sample.columns)
    assert set(seen.found.sample.column("text")) == {'long\nlines, "of"\nwords'}


def test_a_byte_that_is_not_utf_8_is_seen_far_from_the_start(tmp_path: Path) -> None:
    rows = (f"{i},{'größe' if i > 30_000 else 'size'},x\n" for i in range(40_000))
    assert written(tmp_path, rows, "latin-1").contract.dialect.encoding == "windows-1252"


def test_a_large_file_without_line_breaks_in_fields_is_split(tmp_path: Path) -> None:
    seen = written(tmp_path, sorted_by_label())
    assert not seen.contract.dialect.multiline
    assert "no line break within a field was seen" in seen.line("multiline:")


def test_a_large_file_with_line_breaks_in_fields_is_not_split(tmp_path: Path) -> None:
    assert written(tmp_path, sorted_by_label('"a\nb"')).contract.dialect.multiline


def test_a_large_file_in_utf_16_is_not_split(tmp_path: Path) -> None:
    seen = written(tmp_path, sorted_by_label(), "utf-16")
    assert seen.contract.dialect.multiline
    assert "places further on" not in seen.text


def test_a_line_that_does_not_end_is_told_and_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(csv_sample, "LONGEST_FIELD", 200_000)
    with pytest.raises(SourceError, match=r"line 3 of .* is longer than"):
        written(tmp_path, iter(["1,a,b\n", "x" * 300_000]))
