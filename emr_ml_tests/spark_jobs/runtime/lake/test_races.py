"""Many processes at one lake: each race has one winner, and no reader sees half a write."""

import itertools
import os
from pathlib import Path

from emr_ml_tests.processes import COUNT, Racers
from spark_jobs.runtime.content import content_of
from spark_jobs.runtime.lake import Lake, open_lake

INCREMENTS = 5
LARGE = 1 << 20


def create(root: str, body: bytes | None) -> bool:
    return bool(open_lake(root).create("race", body or str(os.getpid()).encode()))


def increment(root: str) -> None:
    lake = open_lake(root)
    for _ in range(INCREMENTS):
        while True:
            stored = lake.read("counter")
            assert stored
            if lake.swap("counter", str(int(stored.body) + 1).encode(), stored.etag):
                break


def write_and_read(root: str) -> list[str]:
    """Write bodies of one letter each, of many lengths; what was read that nobody wrote."""
    lake = open_lake(root)
    torn: list[str] = []
    for turn, letter in zip(range(10), itertools.cycle("abc"), strict=False):
        lake.write("large", letter.encode() * (LARGE + turn))
        stored = lake.read("large")
        assert stored
        if len(set(stored.body)) != 1 or len(stored.body) < LARGE:
            torn.append(f"{len(stored.body)} bytes of {set(stored.body)}")
    return torn


def upload(root: str, path: str) -> bool:
    lake = open_lake(root)
    lake.upload(Path(path), "files/1", content_of(Path(path)))
    stored = lake.read("files/1")
    return stored is not None and stored.body == Path(path).read_bytes()


def test_one_of_many_processes_creates(lake: Lake, racers: Racers) -> None:
    assert sum(racers.race(create, lake.root, None)) == 1


def test_one_of_many_processes_creates_even_if_their_bodies_are_equal(
    lake: Lake, racers: Racers
) -> None:
    assert sum(racers.race(create, lake.root, b"same")) == 1


def test_no_swap_of_many_processes_is_lost(lake: Lake, racers: Racers) -> None:
    lake.write("counter", b"0")
    racers.race(increment, lake.root)
    stored = lake.read("counter")
    assert stored and int(stored.body) == COUNT * INCREMENTS


def test_a_reader_never_sees_half_a_write(folder_lake: Lake, racers: Racers) -> None:
    assert racers.race(write_and_read, folder_lake.root) == [[]] * COUNT


def test_an_upload_is_whole_as_soon_as_it_is_there(
    folder_lake: Lake, racers: Racers, tmp_path: Path
) -> None:
    file = tmp_path / "file"
    file.write_bytes(os.urandom(4 * LARGE))
    assert all(racers.race(upload, folder_lake.root, str(file)))


def test_writers_leave_no_file_behind(folder_lake: Lake, racers: Racers) -> None:
    racers.race(create, folder_lake.root, None)
    assert [path.name for path in Path(folder_lake.root).iterdir()] == ["race"]
