"""What all components of a location share, and when samples are left out."""

import dagster as dg
import pytest

import emr_ml
import emr_ml.defs
from emr_ml.components.loading import merge
from emr_ml_tests.components.project import keys

SAMPLES = {"raw_sales_csv_s3", "sales_by_seller"}


def test_samples_are_computed_while_no_source_is_named() -> None:
    assert keys(emr_ml.load_defs(emr_ml.defs)) > {"lr_model"} | SAMPLES


@pytest.mark.parametrize(
    ("variable", "left"),
    [("EMR_ML_SOURCE", "lr_model"), ("EMR_ML_SALES_SOURCE", "sales_by_seller")],
)
def test_no_sample_is_computed_once_a_source_is_named(
    monkeypatch: pytest.MonkeyPatch, variable: str, left: str
) -> None:
    monkeypatch.setenv(variable, "/data")

    found = keys(emr_ml.load_defs(emr_ml.defs))

    assert left in found
    assert not {"lr_model", "sales_by_seller"} - {left} & found


def test_the_package_shows_its_components_without_importing_dagster() -> None:
    assert {"SparkJob", "TrainingPipeline", "load_defs"} <= {*dir(emr_ml)}
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        emr_ml.Nothing  # noqa: B018 - looks it up


def test_assets_of_ones_own_are_merged_with_those_of_components() -> None:
    @dg.multi_asset(specs=[dg.AssetSpec("mine"), dg.AssetSpec("also_mine")])
    def several() -> tuple[None, None]:
        return None, None

    churn = emr_ml.TrainingPipeline(contract="c.yaml", source="/data", key_prefix=["churn"])

    merged = merge(churn.build_defs(), dg.Definitions(assets=[several]))

    assert {"mine", "also_mine", "churn/lr_model"} <= keys(merged)
