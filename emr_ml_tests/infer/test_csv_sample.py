"""Of a large file, only the start and some windows are sampled."""

import gzip
from collections.abc import Iterator
from pathlib import Path

import pytest

from emr_ml.infer import csv_sample
from emr_ml.infer.files import DataFile
from emr_ml.sources.header import read_head
from emr_ml.sources.listing import SourceError
from emr_ml_tests.infer.samples import Inferred, choices, csv_text, floats, infer_content
from spark_jobs.reading.csv_inspection import inspect_file
from spark_jobs.reading.file_records import read_records
from spark_jobs.reading.source_bytes import open_source
from spark_jobs.runtime.job import SourceFile

HEAD, WINDOW, WINDOWS = 64 * 1024, 16 * 1024, 4


@pytest.fixture(autouse=True)
def small_samples(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make files large that these tests can write quickly."""
    for name, value in {"HEAD": HEAD, "WINDOW": WINDOW, "WINDOWS": WINDOWS}.items():
        monkeypatch.setattr(csv_sample, name, value)
    monkeypatch.setattr("emr_ml.infer.contract_text.ONE_TASK_BYTES", HEAD)


def infer_rows(folder: Path, rows: Iterator[str], encoding: str = "utf-8") -> Inferred:
    path = folder / "data.csv"
    path.write_text("n,text,label\n" + "".join(rows), encoding=encoding)
    return Inferred(path)


def sorted_by_label(text: str = "some words") -> Iterator[str]:
    return (f"{i % 97},{text},{'abcd'[i // 10_000]}\n" for i in range(40_000))


def test_all_classes_of_a_sorted_file_are_found_but_there_may_be_more(tmp_path: Path) -> None:
    inferred = infer_rows(tmp_path, sorted_by_label())
    assert inferred.profile.label and inferred.profile.label.other_values == ("a", "b", "c", "d")
    assert inferred.contract.label and inferred.contract.label.classes is None
    assert "from the start and from 4 places further on" in inferred.text
    assert "not all rows were read" in inferred.text


def test_only_the_head_and_the_windows_are_read(tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    path.write_text("n,text,label\n" + "".join(sorted_by_label()) * 10)
    ranges: list[tuple[int, int]] = []

    def read(start: int, length: int) -> bytes:
        ranges.append((start, start + length))
        with path.open("rb") as file:
            file.seek(start)
            return file.read(length)

    csv_sample.sample_csv(DataFile(str(path), path.stat().st_size, read))
    end_of_file = csv_sample.LAST_BYTES
    windows = {each for each in ranges if each[0] > 2 << 20}
    assert len(windows) == WINDOWS
    assert sum(end - start for start, end in windows) == (WINDOWS - 1) * WINDOW + end_of_file


def test_a_window_may_start_within_quotes(tmp_path: Path) -> None:
    profile = infer_rows(tmp_path, sorted_by_label('"long\nlines, ""of""\nwords"')).profile
    assert profile.label and len(profile.label.other_values) == 4
    assert all(len(column) == profile.sample.rows for column in profile.sample.columns)
    assert set(profile.sample.column("text")) == {'long\nlines, "of"\nwords'}


def test_a_byte_that_is_not_utf_8_is_found_far_from_the_start(tmp_path: Path) -> None:
    rows = (f"{i},{'größe' if i > 30_000 else 'size'},x\n" for i in range(40_000))
    assert infer_rows(tmp_path, rows, "latin-1").contract.dialect.encoding == "windows-1252"


@pytest.mark.parametrize(
    ("text", "encoding", "multiline", "reason"),
    [
        ("some words", "utf-8", False, "no field of the sample has a line break"),
        ('"a\nb"', "utf-8", True, "some fields hold line breaks"),
        ("some words", "utf-16", True, "utf-16 can't be split into lines"),
    ],
)
def test_a_large_file_is_split_if_lines_are_records(
    tmp_path: Path, text: str, encoding: str, multiline: bool, reason: str
) -> None:
    inferred = infer_rows(tmp_path, sorted_by_label(text), encoding)
    assert inferred.contract.dialect.multiline == multiline
    assert reason in inferred.line("multiline:")
    assert ("places further on" in inferred.text) == (encoding == "utf-8")


def test_a_line_that_does_not_end_is_an_error_and_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(csv_sample, "MAX_FIELD", 200_000)
    with pytest.raises(SourceError, match=r"line 3 of .* is longer than"):
        infer_rows(tmp_path, iter(["1,a,b\n", "x" * 300_000]))


def test_records_of_another_width_count_as_rejected_ones(tmp_path: Path) -> None:
    rows = csv_text(["a", "y"], floats(40), choices("x", "z", rows=40))

    inferred = infer_content(tmp_path, rows + "1,2,3\n" * 10)

    assert inferred.profile.rejected_share == 0.2
    assert inferred.contract.checks.max_rejected_share == 0.05
    assert "10 have too few or too many fields" in inferred.line("# The file does not fit: 20%")


@pytest.mark.parametrize("end", ['1,"x', '1,"x\nand more', '"', '1,"x\0'])
def test_a_quote_that_is_not_closed_is_an_error_with_its_record(tmp_path: Path, end: str) -> None:
    rows = csv_text(["a", "y"], floats(40), choices("x", "z", rows=40))
    with pytest.raises(SourceError, match="record 41 opens a quote that is not closed"):
        infer_content(tmp_path, rows.replace("x", '"x, y"').replace("z", '"z, z"') + end)


def test_a_file_may_end_within_a_quoted_field_that_is_closed(tmp_path: Path) -> None:
    rows = csv_text(["a", "y"], floats(40), choices("x", "z", rows=40))
    for end in ('1,"x"', '1,"x"\n\n', '1,"x\0"\n'):
        assert infer_content(tmp_path, rows + end).profile.sample.rows == 41


def test_the_header_between_joined_files_shapes_no_guess(tmp_path: Path) -> None:
    part = csv_text(["n", "kind", "y"], floats(50), choices(*"uv", rows=50), choices(0, 1, rows=50))

    inferred = infer_content(tmp_path, part + part)

    assert inferred.profile.sample.rows == 100
    assert inferred.contract.label and inferred.contract.label.positive == "1"
    assert "1 record has the names of the header again and will be rejected" in inferred.text
    assert inferred.profile.rejected_share == 1 / 101


def test_a_row_of_another_encoding_is_rejected_and_shapes_no_guess(tmp_path: Path) -> None:
    rows = csv_text(["n", "city", "y"], floats(50), ["São"] * 50, choices(0, 1, rows=50)).encode()

    inferred = infer_content(tmp_path, rows + "9,Málaga,2\n".encode("latin-1"))

    assert inferred.contract.dialect.encoding == "utf-8"
    assert "1 record has bytes that are not UTF-8 and will be rejected" in inferred.text
    assert inferred.profile.sample.rows == 50
    path = tmp_path / "data.csv"
    data = path.read_bytes()
    head = read_head(lambda at, n: data[at : at + n], len(data), "data.csv", inferred.contract)
    assert head.columns == ("n", "city", "y")


def test_two_byte_order_marks_and_capitals_in_a_suffix_are_no_part_of_names(tmp_path: Path) -> None:
    text = csv_text(["n", "y"], floats(50), choices(0, 1, rows=50))
    content = gzip.compress(f"\ufeff\ufeff{text}".encode())

    inferred = infer_content(tmp_path, content, name="DATA.CSV.GZ")

    assert inferred.profile.sample.names == ("n", "y")
    path = tmp_path / "DATA.CSV.GZ"
    file = SourceFile("DATA.CSV.GZ", str(path), len(content), "sha256:0", ("n", "y"))
    dialect = inferred.contract.dialect.for_jobs()
    assert inspect_file(file, dialect).compatibility.obstacle == "has a suffix in capitals"
    with open_source(file) as stored:
        assert len(list(read_records(stored, file.name, dialect))) == 50
