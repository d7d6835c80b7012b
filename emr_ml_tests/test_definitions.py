"""The code location as Dagster loads it."""

import subprocess
import sys
from pathlib import Path

import dagster as dg
import dagster_webserver
import pytest

from emr_ml.definitions import defs
from emr_ml.project import ROOT

HEAVY = (
    *("pyspark", "boto3", "dagster_aws", "dagster_pyspark", "matplotlib", "sklearn"),
    *("mlflow", "pandas"),
)


def specs() -> dict[str, dg.AssetSpec]:
    return {spec.key.to_user_string(): spec for spec in defs.resolve_all_asset_specs()}


SPARK_ASSETS = sorted(name for name, spec in specs().items() if "spark" in spec.kinds)


@pytest.mark.process
def test_definitions_load_without_packages_that_take_long_to_import() -> None:
    code = (
        "import sys, emr_ml.definitions as d; d.defs.resolve_all_asset_specs(); "
        f"print([name for name in {HEAVY} if name in sys.modules])"
    )

    result = subprocess.run(
        [sys.executable, "-c", code],
        env={"PATH": "", "MLFLOW_TRACKING_URI": "http://127.0.0.1:9"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert result.stdout.strip() == "[]", result.stderr


@pytest.mark.process
def test_dg_check_passes_without_java_and_aws() -> None:
    dg_command = Path(sys.executable).with_name("dg")
    plain = {"PATH": str(dg_command.parent), "HOME": str(ROOT / ".dagster")}

    result = subprocess.run(
        [str(dg_command), "check", "defs"],
        env=plain,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert result.returncode == 0, result.stdout + result.stderr


def test_every_asset_module_is_registered() -> None:
    modules = {path.stem for path in (ROOT / "emr_ml" / "assets").glob("*.py")}

    of_pipelines = modules - {"__init__", "catalogue", "declared"}
    assert set(specs()) == of_pipelines | {"raw_sales_csv_s3", "sales_by_seller"}


@pytest.mark.parametrize("asset", SPARK_ASSETS)
def test_asset_key_script_name_and_test_name_are_one(asset: str) -> None:
    assert asset in specs()
    assert (ROOT / "spark_jobs" / f"{asset}.py").is_file()
    assert (ROOT / "emr_ml_tests" / "spark_jobs" / f"test_{asset}.py").is_file()


def test_every_asset_has_the_attributes_that_the_catalogue_shows() -> None:
    for name, spec in specs().items():
        assert spec.description, name
        assert spec.owners, name
        assert spec.kinds, name
        assert spec.group_name in ("training", "scoring", "sales"), name
        assert spec.code_version, name
        assert spec.freshness_policy, name


def test_every_kind_has_an_icon_in_the_ui() -> None:
    """The UI's own table of kinds is in one of its scripts."""
    folder = Path(dagster_webserver.__file__).parent / "webapp" / "build" / "_next"
    scripts = (path.read_text() for path in folder.rglob("*.js"))
    table = next(text for text in scripts if "scikitlearn:{icon" in text)
    kinds = {kind for spec in specs().values() for kind in spec.kinds}

    assert kinds >= {"spark", "file", "csv"}
    for kind in kinds:
        assert f"{kind}:{{icon" in table, kind


def test_lineage_leads_from_the_snapshot_to_the_champion() -> None:
    lineage = {
        name: sorted(dep.asset_key.to_user_string() for dep in spec.deps)
        for name, spec in specs().items()
    }

    assert lineage == {
        "raw_csv_s3": [],
        "processed_dataset": ["raw_csv_s3"],
        "lr_model": ["processed_dataset"],
        "metrics": ["lr_model"],
        "champion_model": ["lr_model", "metrics"],
        "champion_metrics": ["champion_model", "processed_dataset"],
        "exported_model": ["champion_model"],
        "raw_scoring_csv_s3": [],
        "predictions": ["champion_model", "raw_scoring_csv_s3"],
        "raw_sales_csv_s3": [],
        "sales_by_seller": ["raw_sales_csv_s3"],
    }


@pytest.mark.parametrize(
    ("job", "assets"),
    [
        (
            "training_job",
            {
                *("raw_csv_s3", "processed_dataset", "lr_model", "metrics", "champion_model"),
                "exported_model",
            },
        ),
        ("evaluation_job", {"raw_csv_s3", "processed_dataset", "champion_metrics"}),
        ("scoring_job", {"raw_scoring_csv_s3", "predictions"}),
        ("sales_job", {"raw_sales_csv_s3", "sales_by_seller"}),
    ],
)
def test_a_job_selects_the_assets_of_its_pipeline(job: str, assets: set[str]) -> None:
    found = defs.resolve_job_def(job).asset_layer.executable_asset_keys

    assert {key.to_user_string() for key in found} == assets


def test_workspace_and_project_name_the_same_code_location() -> None:
    assert "location_name: emr_ml" in (ROOT / "workspace.yaml").read_text()
    assert 'code_location_name = "emr_ml"' in (ROOT / "pyproject.toml").read_text()


def test_the_instance_that_dagster_yaml_describes_loads() -> None:
    with dg.DagsterInstance.from_config(str(ROOT)) as instance:
        assert instance.run_monitoring_enabled
        assert not instance.telemetry_enabled
