"""Assets and versions as users name them, in a folder or in S3."""

import pytest

from emr_ml.commands.assets import find_named, find_place, find_version
from emr_ml.errors import UserError
from emr_ml.lake.champion import NO_CHAMPION
from emr_ml_tests.history.versions import METRICS, MODEL, NEW_MODEL, fill
from spark_jobs.runtime.job import JobError
from spark_jobs.runtime.lake import Lake


def test_an_asset_and_its_versions_are_found(lake: Lake) -> None:
    fill(lake)

    place = find_place(lake, "/lr_model/")

    assert (place.key, place.folder) == ("lr_model", "")
    assert find_version(place, None)[1] == NEW_MODEL
    assert find_version(place, MODEL[:6].upper())[1] == MODEL


def test_a_version_is_found_among_all_assets_of_the_project(lake: Lake) -> None:
    fill(lake)

    place, version = find_named(lake, METRICS[:6].upper())

    assert (place.key, version) == ("metrics", METRICS)


def test_an_empty_lake_is_told(lake: Lake) -> None:
    with pytest.raises(UserError, match="is empty: fill it with `emr-ml run`"):
        find_place(lake, "lr_model")


def test_an_asset_that_was_never_materialized_is_told_from_one_that_is_unknown(
    folder_lake: Lake,
) -> None:
    folder_lake.write_json("metrics/current.json", {})

    with pytest.raises(UserError, match="lr_model was never materialized"):
        find_place(folder_lake, "lr_model")
    with pytest.raises(UserError, match=r"there is no asset zzz in .*: the project has champi"):
        find_place(folder_lake, "zzz")


def test_an_asset_without_a_current_version_says_why(folder_lake: Lake) -> None:
    folder_lake.write_json("metrics/0/report.json", {})

    with pytest.raises(JobError, match="metrics was never materialized"):
        find_version(find_place(folder_lake, "metrics"), None)


def test_without_a_champion_there_is_none_to_show(folder_lake: Lake) -> None:
    folder_lake.write_json("champion_model/0/report.json", {})

    with pytest.raises(JobError) as error:
        find_version(find_place(folder_lake, "champion_model"), None)

    assert str(error.value) == NO_CHAMPION
