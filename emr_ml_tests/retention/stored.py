"""A lake with versions in it, none of them computed."""

import time
from collections.abc import Sequence

from emr_ml.lake.champion import Champion, promote
from emr_ml.lake.current import Current
from emr_ml.lake.current import promote as make_current
from emr_ml.retention.job import roots_of
from emr_ml.retention.policy import Removal, removals
from emr_ml.retention.survey import survey
from spark_jobs.runtime.lake import Lake
from spark_jobs.runtime.parts import Part
from spark_jobs.runtime.report import Report, attempt_key, commit, commit_part

ASSETS = ["raw_csv_s3", "processed_dataset", "lr_model", "metrics"]
SOON = 60.0


def version(number: int) -> str:
    """The same 32 digits for the same number."""
    return f"{number:032x}"


class Stored:
    """Writes what jobs would leave."""

    def __init__(self, lake: Lake) -> None:
        self.lake = lake

    def data(self, asset: str, number: int, attempt: int = 1) -> str:
        """Rows of an attempt; the key of their file."""
        key = f"{attempt_key(asset, version(number), attempt)}/rows"
        self.lake.write(key, b"rows")
        return key

    def commit(self, asset: str, number: int, parts: Sequence[str] = (), **inputs: int) -> Report:
        """A version whose first attempt is committed, made of these parts and inputs."""
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
        """A committed part of `processed_dataset`; the key of its data."""
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

    def removable(self, champions: int = 3, age: float = -SOON) -> list[Removal]:
        """What may go, if all that was written until now is old."""
        roots = roots_of(self.lake, ASSETS, champions)
        return removals(survey(self.lake, ASSETS), roots, time.time() - age)

    def objects(self) -> list[str]:
        """Everything that is in the lake."""
        return [entry.key for asset in ASSETS for entry in self.lake.list(f"{asset}/")]
