"""Files are read once: what is there of a data set is taken, the rest is read."""

import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emr_ml.assets.processed_dataset import processed_dataset
from emr_ml.assets.raw_csv_s3 import raw_csv_s3
from emr_ml.lake.parts import choose
from emr_ml_tests.graph import Graph, metadata, toy_rows
from emr_ml_tests.lake.parted import flat, rows_of
from spark_jobs.runtime.job import SourceFile
from spark_jobs.runtime.lake import open_lake
from spark_jobs.runtime.parts import Part
from spark_jobs.runtime.report import Report

pytestmark = pytest.mark.usefixtures("spark")

DATA = (raw_csv_s3, processed_dataset)
HEADER = "height,colour,kind"
ROWS = random.Random(3).sample(toy_rows(), 120)  # few of them have both labels, too

NAMES = st.sampled_from(["a", "b", "c", "d", "e"])
CONTENTS = st.sampled_from(["1", "2"])
FILES = st.dictionaries(NAMES, CONTENTS)


def file(name: str, content: str) -> SourceFile:
    return SourceFile(name, f"/{name}", 1, content, ("x",))


@given(FILES, st.lists(FILES.filter(bool), max_size=6))
def test_no_file_is_taken_twice_and_none_in_another_content(
    wanted: dict[str, str], held: list[dict[str, str]]
) -> None:
    parts = [Part(f"p/{place}", files, {}, {}) for place, files in enumerate(held)]

    chosen = choose(parts, [file(*each) for each in wanted.items()])

    taken = [(name, part.files[name]) for part in chosen for name in part.taken]
    assert len(taken) == len(set(taken))
    assert set(taken) == {each for part in parts for each in part.files.items()} & wanted.items()
    assert all(part.taken for part in chosen)


def test_the_part_with_the_most_files_of_use_is_taken_first() -> None:
    small, large = Part("p/1", {"a": "1"}, {}, {}), Part("p/2", {"a": "1", "b": "1"}, {}, {})

    (chosen,) = choose([small, large], [file("a", "1"), file("b", "1")])

    assert chosen == large


class Source:
    """A folder of files that come, change and go."""

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


def test_one_file_added_to_others_is_all_that_is_read(source: Source) -> None:
    for place in range(5):
        source.put(f"{place}.csv", *ROWS[place * 10 : place * 10 + 10])
    first = source.process()
    source.put("new.csv", *ROWS[50:60])

    second = source.process()

    size = (source.folder / "new.csv").stat().st_size
    assert (second.figures["files_read"], second.figures["bytes_read"]) == (1, size)
    assert [part["key"] for part in first.parts] == [second.parts[0]["key"]]
    assert second.rows == {"in": 60, "kept": 60, "rejected": 0}


def test_a_rewritten_and_a_removed_file_are_left_out_of_the_part_that_has_them(
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


def test_files_that_are_all_known_are_not_read_again(source: Source) -> None:
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


@pytest.mark.parametrize("seed", [1, 2])
def test_whatever_came_first_the_same_files_make_the_same_version_rows_and_figures(
    tmp_path: Path, seed: int
) -> None:
    chance = random.Random(seed)
    final = {
        f"{place}.csv": [*chance.sample(ROWS, 12), *["oops,red,no"] * (place == 2)]
        for place in range(6)
    }
    (tmp_path / "at_once").mkdir()
    at_once = Source(tmp_path / "at_once")
    for name, rows in final.items():
        at_once.put(name, *rows)
    clean = at_once.process()
    (tmp_path / "bit_by_bit").mkdir()
    slowly = Source(tmp_path / "bit_by_bit")
    todo = list(final)
    chance.shuffle(todo)
    for name in todo[:3]:
        slowly.put(name, *final[name])
    slowly.put("gone.csv", *ROWS[:3])
    slowly.put(todo[3], *ROWS[3:9])
    slowly.process()
    (slowly.folder / "gone.csv").unlink()
    for name in todo[3:]:
        slowly.put(name, *final[name])

    report = slowly.process()

    assert report.version == clean.version
    assert report.rows == clean.rows
    assert slowly.rows(report) == at_once.rows(clean)
    assert flat(report.figures) == pytest.approx(flat(clean.figures))
