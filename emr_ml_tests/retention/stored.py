"""A lake with versions that no job has computed."""

import time
from collections.abc import Sequence

from emr_ml.lake.champion import Champion, promote
from emr_ml.lake.current import Current
from emr_ml.lake.current import promote as make_current
from emr_ml.retention.garbage import Garbage, find_garbage
from emr_ml.retention.inventory import take_inventory
from emr_ml.retention.job import read_roots
from spark_jobs.runtime.lake import Lake
from spark_jobs.runtime.parts import Part
from spark_jobs.runtime.report import Report, attempt_key, commit, commit_part

ASSETS = ["raw_csv_s3", "processed_dataset", "lr_model", "metrics"]
SOON = 60.0


def version(number: int) -> str:
    """Return 32 digits that are the same for the same number."""
    return f"{number:032x}"


class Stored:
    """Writes what jobs would write."""

    def __init__(self, lake: Lake) -> None:
        self.lake = lake

    def data(self, asset: str, number: int, attempt: int = 1) -> str:
        """Write rows of an attempt, and return the key of their file."""
        key = f"{attempt_key(asset, version(number), attempt)}/rows"
        self.lake.write(key, b"rows")
        return key

    def commit(self, asset: str, number: int, parts: Sequence[str] = (), **inputs: int) -> Report:
        """Commit the first attempt at a version with these parts and inputs."""
        self.data(asset, number)
        return commit(
            self.lake,
            Report(
                asset=asset,
                version=version(number),
                attempt=1,
                path="",
                files=[],
                inputs={name: version(each) for name, each in inputs.items()},
                params={},
                code="",
                spark="",
                rows={},
                figures={},
                seconds={},
                started="",
                finished="",
                parts=[{"key": key, "without": []} for key in parts],
            ),
        )

    def part(self, name: str, attempt: str = "v-1") -> str:
        """Commit a part of `processed_dataset`, and return the key of its data."""
        key = f"processed_dataset/parts/{name}/{attempt}"
        self.lake.write(f"{key}/kept/rows", b"rows")
        commit_part(self.lake, Part(key, {"a.csv": "1"}, {}, {}))
        return key

    def current(self, asset: str, number: int) -> None:
        """Make the version current."""
        make_current(self.lake, asset, Current(version(number), "", "run", float(number)))

    def champion(self, number: int, over: int | None = None) -> None:
        """Make the version of `lr_model` champion."""
        entry = Champion(version(number), "run", "", "first", "")
        assert promote(self.lake, entry, None if over is None else version(over))

    def garbage(self, champions: int = 3, age: float = -SOON) -> list[Garbage]:
        """Return what may be removed; by default, all that was written until now is old."""
        roots = read_roots(self.lake, ASSETS, champions)
        return find_garbage(take_inventory(self.lake, ASSETS), roots, time.time() - age)

    def objects(self) -> list[str]:
        """Return the keys of all objects of the assets."""
        return [entry.key for asset in ASSETS for entry in self.lake.list(f"{asset}/")]
