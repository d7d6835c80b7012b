"""Spark jobs of a user's own: code, inputs, parameters and checks."""

from pathlib import Path
from typing import Any

import dagster as dg
import pyarrow.parquet as pq
import pytest

from emr_ml.errors import UserError
from emr_ml_tests.components.project import Project, keys, materialize
from spark_jobs.runtime.lake import open_lake

HELPER = """\
def shout(text):
    return text.upper()
"""
JOB = """\
from pyspark.sql import functions as F
from pyspark.sql.types import StringType

from {package}.jobs import helper


def run(spark, request, log):
    (source,) = request.inputs.values()
    lines = spark.read.text([file.uri for file in source.files])
    shout = F.udf(helper.shout, StringType())
    lines.select(shout("value").alias("line")).write.parquet(request.output + "/lines")
"""
OTHER = """\
def run(spark, request, log):
    data = spark.read.parquet(request.inputs["words"].path + "/lines")
    data.limit(request.params["most"]).write.parquet(request.output + "/first")
"""
SCRIPT = """\
import sys

from pyspark.sql import SparkSession

spark = SparkSession.builder.getOrCreate()
source, output = sys.argv[1:]
spark.read.text(source).write.text(output + "/copy")
spark.stop()
"""
OPTIONS = """\
from pydantic import BaseModel, Field


class Options(BaseModel):
    most: int = Field(2, ge=1, description="number of lines")
"""


@pytest.fixture(name="shop")
def fixture_shop(project: Project) -> Project:
    """A project with a job that uses a helper, and one that reads what it wrote."""
    project.write("words.txt", "one\ntwo\nthree\n")
    project.write("jobs/__init__.py", "")
    project.write("jobs/helper.py", HELPER)
    project.write("jobs/words.py", JOB.format(package=project.package))
    project.write("jobs/first.py", OTHER)
    project.write("jobs/options.py", OPTIONS)
    jobs = f"{project.package}.jobs"
    project.component(
        "words", "SparkJob", module=f"{jobs}.words", key="words", source="../../words.txt"
    )
    project.component(
        "first",
        "SparkJob",
        module=f"{jobs}.first",
        key="first",
        upstream=["words"],
        config=f"{jobs}.options.Options",
    )
    return project


def output(project: Project, result: dg.ExecuteInProcessResult, asset: str) -> Path:
    """The folder that the committed attempt of an asset wrote to."""
    (version,) = {
        str(event.materialization.metadata["version"].value)
        for event in result.get_asset_materialization_events()
        if event.asset_key == dg.AssetKey(asset)
    }
    return project.folder.parent / "lake" / asset / version / "attempts" / "1"


def code_versions(project: Project) -> dict[str, str | None]:
    specs = project.load().resolve_all_asset_specs()
    return {spec.key.to_user_string(): spec.code_version for spec in specs}


def test_a_job_and_the_list_of_its_source_are_assets(shop: Project) -> None:
    definitions = shop.load()

    assert keys(definitions) == {"raw_words", "words", "first"}
    repository = definitions.get_repository_def()
    assert repository.has_job("words_job")
    assert repository.has_sensor_def("new_words_sensor")


@pytest.mark.usefixtures("spark")
def test_a_job_needs_no_contract_and_its_helpers_reach_the_workers(shop: Project) -> None:
    result = materialize(shop.load(), "raw_words", "words", "first")

    assert result.success
    lines = pq.read_table(output(shop, result, "words") / "lines").to_pylist()
    assert {row["line"] for row in lines} == {"ONE", "TWO", "THREE"}
    assert pq.read_table(output(shop, result, "first") / "first").num_rows == 2


def test_an_edit_of_a_helper_changes_the_code_of_its_job_alone(shop: Project) -> None:
    before = code_versions(shop)

    shop.write("jobs/helper.py", HELPER + "# edited\n")

    after = code_versions(shop)
    assert {name for name in before if before[name] != after[name]} == {"words"}


@pytest.mark.usefixtures("spark")
def test_a_program_that_takes_arguments_is_a_job_too(project: Project) -> None:
    project.write("words.txt", "one\n")
    project.write("copy.py", SCRIPT)
    project.component(
        "copy",
        "SparkJob",
        module=f"{project.package}.copy",
        key="copies",
        source="../../words.txt",
        arguments=["{raw_copies}", "{output}"],
    )

    result = materialize(project.load(), "raw_copies", "copies")

    assert result.success
    (part,) = (output(project, result, "copies") / "copy").glob("*.txt")
    assert part.read_text() == "one\n"
    # `stop` in the program ended nothing: the next job runs on the same Spark
    assert materialize(project.load(), "raw_copies", "copies").success


@pytest.mark.usefixtures("spark")
def test_a_parameter_out_of_bounds_is_told_without_a_trace(shop: Project) -> None:
    materialize(shop.load(), "raw_words", "words")
    job = shop.load().resolve_implicit_global_asset_job_def()

    with dg.DagsterInstance.ephemeral() as instance:
        result = job.execute_in_process(
            instance=instance,
            asset_selection=[dg.AssetKey("first")],
            run_config={"ops": {"first": {"config": {"most": 0}}}},
            raise_on_error=False,
        )

    data = result.failure_data_for_node("first")
    assert data
    assert data.user_failure_data
    assert str(data.user_failure_data.description).startswith("run config of first: most: ")


@pytest.mark.usefixtures("spark")
def test_a_job_reads_an_asset_of_a_pipeline(project: Project) -> None:
    project.pipeline("churn")
    project.write("rows.py", ROWS)
    project.component(
        "rows",
        "SparkJob",
        module=f"{project.package}.rows",
        key="rows",
        upstream=["churn/processed_dataset"],
    )

    result = materialize(project.load(), "churn/raw_csv_s3", "churn/processed_dataset", "rows")

    assert result.success
    assert pq.read_table(output(project, result, "rows") / "rows").num_rows == 120
    assert open_lake(str(project.folder.parent / "lake" / "churn")).read(
        "processed_dataset/current.json"
    )


ROWS = """\
def run(spark, request, log):
    dataset = request.inputs["churn/processed_dataset"]
    paths = [f"{request.lake}/{part.key}/kept" for part in dataset.parts]
    spark.read.parquet(*paths).write.parquet(request.output + "/rows")
"""


def test_a_module_that_does_not_exist_is_named(project: Project) -> None:
    path = project.component("words", "SparkJob", module="no_such_package.job", key="words")

    with pytest.raises(UserError) as caught:
        project.load()

    assert f"{path}:1: there is no module no_such_package.job" in str(caught.value)


@pytest.mark.parametrize(
    ("attributes", "problem"),
    [
        ({"late_after_days": 0}, "must be more than 0"),
        ({"late_after_days": -1}, "must be more than 0"),
        ({"key": "clusters"}, "'clusters' is a folder that all pipelines share"),
        ({"source_key": "code"}, "'code' is a folder that all pipelines share"),
    ],
)
def test_an_attribute_that_can_not_be_used_is_told_with_its_file(
    shop: Project, attributes: dict[str, Any], problem: str
) -> None:
    given = {"module": f"{shop.package}.jobs.words", "key": "words", "source": "../../words.txt"}
    path = shop.component("words", "SparkJob", **{**given, **attributes})

    with pytest.raises(UserError) as caught:
        shop.load()

    text = str(caught.value)
    assert problem in text
    assert str(path) in text


def test_a_check_must_be_one(shop: Project) -> None:
    shop.component(
        "words",
        "SparkJob",
        module=f"{shop.package}.jobs.words",
        key="words",
        source="../../words.txt",
        checks=[f"{shop.package}.jobs.helper.shout"],
    )

    with pytest.raises(UserError) as caught:
        shop.load()

    assert "is not a check" in str(caught.value)
