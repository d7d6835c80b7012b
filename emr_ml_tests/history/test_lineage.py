"""From which versions a version was computed."""

from emr_ml.history.lineage import Node, Place, read_lineage
from emr_ml_tests.history.versions import (
    DATA,
    FILES,
    METRICS,
    MODEL,
    MORE_DATA,
    NEW_MODEL,
    add,
    fill,
)
from spark_jobs.runtime.lake import Lake
from spark_jobs.runtime.report import report_key


def walked(node: Node) -> list[tuple[int, str, str]]:
    return [(depth, each.key, each.version) for depth, each in node.walk()]


def test_it_goes_down_to_the_files_and_names_each_version_once(lake: Lake) -> None:
    fill(lake)

    assert walked(read_lineage(Place.of(lake, "metrics"), METRICS)) == [
        (0, "metrics", METRICS),
        (1, "lr_model", MODEL),
        (2, "processed_dataset", DATA),
        (3, "raw_csv_s3", FILES),
    ]


def test_a_version_that_was_removed_is_still_named(folder_lake: Lake) -> None:
    fill(folder_lake)
    folder_lake.remove(report_key("processed_dataset", DATA))

    found = read_lineage(Place.of(folder_lake, "lr_model"), MODEL)

    assert walked(found) == [(0, "lr_model", MODEL), (1, "processed_dataset", DATA)]
    assert found.inputs[0].report is None
    assert found.as_json()["inputs"] == [
        {"asset": "processed_dataset", "version": DATA, "gone": True}
    ]


def test_the_source_and_the_number_of_files_are_told(folder_lake: Lake) -> None:
    fill(folder_lake)

    found = read_lineage(Place.of(folder_lake, "raw_csv_s3"), FILES).as_json()

    assert (found["source"], found["files"], found["inputs"]) == ("/data", 1, [])


def test_a_champion_that_was_compared_is_a_model(folder_lake: Lake) -> None:
    fill(folder_lake)
    add(folder_lake, "champion_model", "2c" * 16, inputs={"champion": MODEL, "lr_model": NEW_MODEL})

    found = read_lineage(Place.of(folder_lake, "champion_model"), "2c" * 16)

    assert [(each.key, each.version) for each in found.inputs] == [
        ("lr_model", MODEL),
        ("lr_model", NEW_MODEL),
    ]


def test_inputs_of_another_pipeline_are_found_in_its_folder(folder_lake: Lake) -> None:
    shop = folder_lake.below("shop")
    fill(shop.below("churn"))
    add(shop, "baskets", "3b" * 16, inputs={"churn/processed_dataset": MORE_DATA})

    found = read_lineage(Place.of(folder_lake, "shop/baskets"), "3b" * 16)

    assert [key for _, key, _ in walked(found)] == [
        "shop/baskets",
        "shop/churn/processed_dataset",
        "shop/churn/raw_csv_s3",
    ]
