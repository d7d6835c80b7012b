"""The cleaning job, as Dagster runs it."""

import os
import time
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from emr_ml.definitions import defs
from emr_ml.lake.current import Current
from emr_ml.lake.current import promote as make_current
from emr_ml.launchers import make_launcher
from emr_ml.retention.job import StoredAssets, find_all_garbage
from emr_ml.settings import Settings
from emr_ml_tests.retention.stored import Stored, version
from spark_jobs.runtime.lake import open_lake

MONTH = 31 * 86_400.0


class Cleaning:
    """A lake in a folder with an old version that is garbage, and a new one."""

    def __init__(self, folder: Path) -> None:
        self.settings = Settings(lake=str(folder / "lake"))  # pyright: ignore[reportCallIssue] - the others have defaults
        self.stored = Stored(open_lake(self.settings.lake))
        self.stored.commit("metrics", 1)
        for path in Path(self.settings.lake).rglob("*"):
            past = time.time() - MONTH
            os.utime(path, (past, past))
        self.stored.commit("metrics", 2)

    def run(self, **config: Any) -> dict[str, Any]:
        """Run the job, and return the metadata of its op."""
        job = defs.resolve_job_def("clean_lake_job")
        result = job.execute_in_process(
            run_config={"ops": {"clean_lake": {"config": config}}} if config else {},
            resources={"launcher": make_launcher(self.settings)},
        )
        (output,) = result.filter_events(
            lambda event: event.event_type == dg.DagsterEventType.STEP_OUTPUT
        )
        found = output.step_output_data.metadata
        return {name: value.value for name, value in found.items()}

    @property
    def versions(self) -> set[str]:
        return {key.split("/")[1] for key in self.stored.objects() if key.endswith("report.json")}


@pytest.fixture(name="cleaning")
def fixture_cleaning(tmp_path: Path) -> Cleaning:
    return Cleaning(tmp_path)


def test_by_default_garbage_is_listed_and_not_removed(cleaning: Cleaning) -> None:
    metadata = cleaning.run()

    assert metadata["dry_run"]
    assert metadata["removable"] == 1
    assert [row.data["where"] for row in metadata["list"].records] == [f"metrics/{version(1)}"]
    assert cleaning.versions == {version(1), version(2)}


def test_old_garbage_is_removed_without_dry_run(cleaning: Cleaning) -> None:
    metadata = cleaning.run(dry_run=False)

    assert metadata["removed"] == 1
    assert cleaning.versions == {version(2)}


def test_the_age_of_garbage_can_be_configured(cleaning: Cleaning) -> None:
    metadata = cleaning.run(dry_run=False, older_than_days=60.0)

    assert metadata["removed"] == 0
    assert cleaning.versions == {version(1), version(2)}


def test_what_another_asset_needs_of_a_pipeline_is_kept(tmp_path: Path) -> None:
    lake = open_lake(str(tmp_path / "lake"))
    Stored(lake.below("churn")).commit("processed_dataset", 1)
    Stored(lake.below("churn")).commit("processed_dataset", 2)
    needed: dict[str, Any] = {"churn/processed_dataset": 1}
    report = Stored(lake).commit("rows", 3, **needed)
    make_current(lake, "rows", Current(report.version, "", "run", 0.0))
    stored = [
        StoredAssets("", ("rows",), 3),
        StoredAssets("churn", ("processed_dataset",), 3),
    ]

    garbage = list(find_all_garbage(lake, stored, time.time() + MONTH, dry_run=True))

    assert [each.key for each in garbage] == [f"churn/processed_dataset/{version(2)}"]
