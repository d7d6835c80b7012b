"""Saved pipelines that are damaged: no test here starts Spark."""

import json

import pytest

from emr_ml.export.saved_model import SavedStage, read_saved_pipeline
from spark_jobs.runtime.job import JobError
from spark_jobs.runtime.lake import Lake


@pytest.mark.parametrize(
    ("tables", "problem"),
    [
        ({}, "the saved IDFModel has no data: train the model again"),
        ({"data": [b""]}, "the data of the saved IDFModel is damaged: train the model again"),
        ({"data": [b"PAR1"]}, "the data of the saved IDFModel is damaged: train the model again"),
    ],
)
def test_a_stage_without_its_data_is_named(tables: dict[str, list[bytes]], problem: str) -> None:
    with pytest.raises(JobError, match=problem):
        SavedStage("IDFModel", {}, tables).rows()


@pytest.mark.parametrize(
    ("files", "problem"),
    [
        ({}, "there is no saved pipeline in .*/model: train the model again"),
        ({"0_a/metadata/part-00000": b"{"}, "0_a/metadata/part-00000 is damaged: train"),
        ({"0_a/data/part-00000.parquet": b""}, "model/stages/0_a has no metadata: train"),
    ],
)
def test_a_pipeline_that_is_damaged_is_named(
    folder_lake: Lake, files: dict[str, bytes], problem: str
) -> None:
    for path, body in files.items():
        folder_lake.write(f"model/stages/{path}", body)

    with pytest.raises(JobError, match=problem):
        read_saved_pipeline(folder_lake, "model")


def test_stages_are_in_the_order_of_the_pipeline(folder_lake: Lake) -> None:
    for number, name in ((1, "b.B"), (0, "a.A")):
        metadata = json.dumps({"class": name}).encode()
        folder_lake.write(f"model/stages/{number}_x/metadata/part-00000", metadata)

    assert [stage.name for stage in read_saved_pipeline(folder_lake, "model")] == ["A", "B"]
