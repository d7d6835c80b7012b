"""Files are read once: committed parts are reused, and only new files are read."""

import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emr_ml.lake.parts import choose
from emr_ml_tests.graph import Graph, metadata, toy_rows
from emr_ml_tests.lake.parted import flat, rows_of
from spark_jobs.runtime.job import SourceFile
from spark_jobs.runtime.lake import open_lake
from spark_jobs.runtime.parts import Part
from spark_jobs.runtime.report import Report

pytestmark = pytest.mark.usefixtures("spark")

DATA = ("raw_csv_s3", "processed_dataset")
HEADER = "height,colour,kind"
ROWS = random.Random(3).sample(toy_rows(), 120)  # with both labels, even in few of them

NAMES = st.sampled_from(["a", "b", "c", "d", "e"])
CONTENTS = st.sampled_from(["1", "2"])
FILES = st.dictionaries(NAMES, CONTENTS)


def file(name: str, content: str) -> SourceFile:
    return SourceFile(name, f"/{name}", 1, content, ("x",))


@given(FILES, st.lists(FILES.filter(bool), max_size=6))
def test_each_file_is_covered_by_at_most_one_part_with_the_same_content(
    wanted: dict[str, str], held: list[dict[str, str]]
) -> None:
    parts = [Part(f"p/{index}", files, {}, {}) for index, files in enumerate(held)]

    chosen = choose(parts, [file(*each) for each in wanted.items()])

    taken = [(name, part.files[name]) for part in chosen for name in part.included]
    assert len(taken) == len(set(taken))
    assert set(taken) == {each for part in parts for each in part.files.items()} & wanted.items()
    assert all(part.included for part in chosen)


def test_the_part_that_covers_most_files_is_chosen_first() -> None:
    small, large = Part("p/1", {"a": "1"}, {}, {}), Part("p/2", {"a": "1", "b": "1"}, {}, {})

    (chosen,) = choose([small, large], [file("a", "1"), file("b", "1")])

    assert chosen == large


class Source:
    """A source whose files are added, changed and removed."""

    def __init__(self, folder: Path) -> None:
        self.graph = Graph(folder).with_toy_data()
        self.folder = folder / "source"
        self.folder.mkdir()
        self.graph.settings = self.graph.settings.model_copy(update={"source": str(self.folder)})

    def put(self, name: str, *rows: str) -> None:
        (self.folder / name).write_text("\n".join([HEADER, *rows]) + "\n")

    def process(self) -> Report:
        result = self.graph.materialize(DATA)
        assert result.success
        version = metadata(result, "processed_dataset")["version"]
        return self.graph.report("processed_dataset", version)

    def rows(self, report: Report) -> list[tuple[Any, ...]]:
        return rows_of(open_lake(self.graph.settings.lake), report)


@pytest.fixture(name="source")
def fixture_source(tmp_path: Path) -> Source:
    return Source(tmp_path)


def test_only_an_added_file_is_read(source: Source) -> None:
    for index in range(5):
        source.put(f"{index}.csv", *ROWS[index * 10 : index * 10 + 10])
    first = source.process()
    source.put("new.csv", *ROWS[50:60])

    second = source.process()

    size = (source.folder / "new.csv").stat().st_size
    assert (second.figures["files_read"], second.figures["bytes_read"]) == (1, size)
    assert [part["key"] for part in first.parts] == [second.parts[0]["key"]]
    assert second.rows == {"in": 60, "kept": 60, "rejected": 0}


def test_rows_of_rewritten_and_removed_files_are_excluded_from_their_part(
    source: Source,
) -> None:
    source.put("a.csv", *ROWS[:10], "x,red,no")
    source.put("b.csv", *ROWS[10:40], "y,red,no")
    source.put("c.csv", *ROWS[40:50])
    assert source.process().rows == {"in": 52, "kept": 50, "rejected": 2}
    source.put("a.csv", *ROWS[50:55])
    (source.folder / "b.csv").unlink()

    report = source.process()

    assert report.rows == {"in": 15, "kept": 15, "rejected": 0}
    assert report.figures["rules"] == {}
    assert report.figures["files_read"] == 1
    assert report.parts[0]["without"] == ["a.csv", "b.csv"]
    heights = [float(row.split(",")[0]) for row in ROWS[40:55]]
    assert sorted(row[0] for row in source.rows(report)) == sorted(heights)


def test_known_files_are_not_read_again(source: Source) -> None:
    source.put("a.csv", *ROWS[:10])
    source.put("b.csv", *ROWS[10:20])
    source.process()
    (source.folder / "b.csv").unlink()

    report = source.process()

    assert report.figures["files_read"] == 0
    assert report.rows == {"in": 10, "kept": 10, "rejected": 0}


def test_a_forced_run_reads_every_file_again(source: Source) -> None:
    source.put("a.csv", *ROWS[:10])
    source.process()

    result = source.graph.materialize(DATA, {"processed_dataset": {"force": True}})

    assert metadata(result, "processed_dataset")["files_read"] == 1


@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.soak)])
def test_the_order_in_which_files_were_added_does_not_matter(tmp_path: Path, seed: int) -> None:
    generator = random.Random(seed)
    final = {
        f"{index}.csv": [*generator.sample(ROWS, 12), *["oops,red,no"] * (index == 2)]
        for index in range(6)
    }
    (tmp_path / "at_once").mkdir()
    at_once = Source(tmp_path / "at_once")
    for name, rows in final.items():
        at_once.put(name, *rows)
    clean = at_once.process()
    (tmp_path / "gradual").mkdir()
    gradual = Source(tmp_path / "gradual")
    names = list(final)
    generator.shuffle(names)
    for name in names[:3]:
        gradual.put(name, *final[name])
    gradual.put("gone.csv", *ROWS[:3])
    gradual.put(names[3], *ROWS[3:9])
    gradual.process()
    (gradual.folder / "gone.csv").unlink()
    for name in names[3:]:
        gradual.put(name, *final[name])

    report = gradual.process()

    assert report.version == clean.version
    assert report.rows == clean.rows
    assert gradual.rows(report) == at_once.rows(clean)
    assert flat(report.figures) == pytest.approx(flat(clean.figures))
