"""What differs between two versions of an asset."""

from emr_ml.history.differences import ABSENT, Change, Difference, Names, changes, find_difference
from emr_ml.history.lineage import Place
from emr_ml_tests.history.versions import (
    DATA,
    FILES,
    METRICS,
    MODEL,
    MORE_FILES,
    NEW_METRICS,
    NEW_MODEL,
    add,
    fill,
)
from spark_jobs.runtime.lake import Lake
from spark_jobs.runtime.report import job_key, report_key


def between(lake: Lake, asset: str, first: str, second: str) -> Difference:
    place = Place.of(lake, asset)
    reports = place.report(first), place.report(second)
    assert reports[0] and reports[1]
    return find_difference(place, reports[0], reports[1])


def test_only_the_values_that_differ_are_listed_by_their_path() -> None:
    first = {"split": {"train": 80, "test": 20}, "missing": ["?"], "old": 1}
    second = {"split": {"train": 70, "test": 20}, "missing": ["?"], "new": {"a": 1}}

    assert list(changes(first, second)) == [
        Change("split.train", 80, 70),
        Change("old", 1, ABSENT),
        Change("new", ABSENT, {"a": 1}),
    ]


def test_parameters_and_data_that_differ_are_followed_down_to_the_files(folder_lake: Lake) -> None:
    fill(folder_lake)

    found = between(folder_lake, "metrics", METRICS, NEW_METRICS)

    metrics, model, data, files = found.walk()
    assert [each.key for each in (metrics, model, data, files)] == [
        "metrics",
        "lr_model",
        "processed_dataset",
        "raw_csv_s3",
    ]
    assert (metrics.code, metrics.contract, metrics.params) == (Names(), (), ())
    assert model.params == (Change("regularization", [0.1], [1.0]),)
    assert data.rows[0] == Change("in", 100, 200)
    assert (files.first, files.second) == (FILES, MORE_FILES)
    assert files.files == Names(added=("b.csv",))


def test_a_field_of_the_contract_and_a_release_of_spark_are_named(folder_lake: Lake) -> None:
    add(folder_lake, "lr_model", MODEL, contract={"columns": {"age": {"kind": "numeric"}}})
    other = {"columns": {"age": {"kind": "text"}}}
    add(folder_lake, "lr_model", NEW_MODEL, contract=other, spark="4.1.2")

    found = between(folder_lake, "lr_model", MODEL, NEW_MODEL)

    assert found.contract == (Change("columns.age.kind", "numeric", "text"),)
    assert found.spark == Change("spark", "4.1.1", "4.1.2")


def test_the_modules_that_differ_are_named(folder_lake: Lake) -> None:
    for version, digests in ((MODEL, {"a": "1", "b": "1"}), (NEW_MODEL, {"b": "2", "c": "1"})):
        add(folder_lake, "lr_model", version, code=version)
        key = job_key("lr_model", version, 1, "code.json")
        folder_lake.write_json(key, {"job": "a", "modules": digests})

    found = between(folder_lake, "lr_model", MODEL, NEW_MODEL)

    assert found.code == Names(added=("c",), removed=("a",), changed=("b",))


def test_what_was_not_recorded_is_unknown_and_not_the_same(folder_lake: Lake) -> None:
    for version in (MODEL, NEW_MODEL):
        add(folder_lake, "lr_model", version, code=version)
    folder_lake.remove(job_key("lr_model", MODEL, 1, "request.json"))

    found = between(folder_lake, "lr_model", MODEL, NEW_MODEL)

    assert (found.code, found.contract) == (None, None)


def test_an_input_that_was_removed_is_named_and_not_followed(folder_lake: Lake) -> None:
    fill(folder_lake)
    folder_lake.remove(report_key("processed_dataset", DATA))

    found = between(folder_lake, "lr_model", MODEL, NEW_MODEL)

    assert [each.path for each in found.inputs] == ["processed_dataset"]
    assert found.below == ()
