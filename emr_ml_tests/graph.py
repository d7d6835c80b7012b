"""The assets, materialized in this process on a lake of the test's own."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import dagster as dg

import emr_ml.defs
from emr_ml import sample_data
from emr_ml.components.spark_job import SparkJob
from emr_ml.components.training_pipeline import pipeline_assets
from emr_ml.launchers import make_launcher
from emr_ml.launchers.local_spark import JAVA_OPTIONS, SQL_CONF, DataSize
from emr_ml.pipeline import Pipeline
from emr_ml.settings import Settings
from spark_jobs.runtime.lake import open_lake
from spark_jobs.runtime.report import Report, read_report

SALES_CONTRACT = str(Path(emr_ml.defs.__path__[0]) / "sales" / "sales.yaml")
TRAINING = ("raw_csv_s3", "processed_dataset", "lr_model", "metrics")
CHAMPION = ("champion_model", "champion_metrics")
SCORING = ("raw_scoring_csv_s3", "predictions")
SALES = ("raw_sales_csv_s3", "sales_by_seller")

# for processes whose sources look large, as all in S3 do
SMALL_SPARK_CONF = {
    "spark.driver.extraJavaOptions": JAVA_OPTIONS[DataSize.SMALL],
    **SQL_CONF[DataSize.SMALL],
}
TOY_CONTRACT = """\
columns:
  height: numeric
  colour: categorical
label:
  column: kind
  positive: "yes"
model:  # one candidate, so that tests are fast
  regularization: [0.001]
"""


def toy_rows(count: int = 120) -> list[str]:
    """CSV rows, no two alike, that height and colour tell apart but for some noise."""
    return [
        f"{i % 40}.{i:03},{('red', 'blue')[i % 2]},"
        f"{'yes' if i % 40 + i % 7 + 12 * (i % 2) > 28 else 'no'}"
        for i in range(count)
    ]


class Graph:
    """A source, a contract, a lake and an instance, all below one folder."""

    def __init__(self, folder: Path, **settings: Any) -> None:
        self.folder = folder
        self.instance = dg.DagsterInstance.ephemeral(tempdir=str(folder))
        given: dict[str, Any] = {
            "lake": str(folder / "lake"),
            "sample_folder": str(folder / "sample"),
            "fast_poll_seconds": 0.1,
        }
        self.settings = Settings(**{**given, **settings})

    def with_toy_data(self, contract: str = TOY_CONTRACT) -> "Graph":
        """The same with a small source and its contract."""
        (self.folder / "toy.csv").write_text("\n".join(["height,colour,kind", *toy_rows()]) + "\n")
        (self.folder / "toy.yaml").write_text(contract)
        self.settings = self.settings.model_copy(
            update={
                "source": str(self.folder / "toy.csv"),
                "dataset": str(self.folder / "toy.yaml"),
            }
        )
        return self

    def materialize(
        self,
        assets: Sequence[str] = TRAINING,
        config: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> dg.ExecuteInProcessResult:
        """One run of the assets, whether it fails or not."""
        ops = {name: {"config": dict(values)} for name, values in (config or {}).items()}
        return dg.materialize(
            [*pipeline_assets(Pipeline.of_settings(self.settings)), *self._sales()],
            selection=[dg.AssetKey(asset) for asset in assets],
            resources={"launcher": make_launcher(self.settings)},
            instance=self.instance,
            run_config={"ops": ops},
            raise_on_error=False,
        )

    def _sales(self) -> list[dg.AssetsDefinition]:
        sample = sample_data.sales(Path(self.settings.sample_folder))
        job = SparkJob(
            module="spark_jobs.sales_by_seller",
            key="sales_by_seller",
            source=self.settings.sales_source or str(sample),
            source_key="raw_sales_csv_s3",
            contract=SALES_CONTRACT,
        )
        return [
            each for each in job.build_defs().assets or () if isinstance(each, dg.AssetsDefinition)
        ]

    def report(self, asset: str, version: str) -> Report:
        """The committed report of a version."""
        report = read_report(open_lake(self.settings.lake), asset, version)
        assert report, f"{asset} {version} is not committed"
        return report


def metadata(result: dg.ExecuteInProcessResult, asset: str) -> dict[str, Any]:
    """The plain values of the metadata that a run recorded for an asset."""
    for event in result.get_asset_materialization_events():
        if event.asset_key == dg.AssetKey(asset):
            found = event.materialization.metadata
            return {name: value.value for name, value in found.items()}
    raise AssertionError(f"{asset} was not materialized")


def reused(result: dg.ExecuteInProcessResult) -> dict[str, bool]:
    """Whether each materialized asset was reused."""
    return {
        event.asset_key.path[-1]: bool(event.materialization.metadata["reused"].value)
        for event in result.get_asset_materialization_events()
        if event.asset_key
    }


def failure(result: dg.ExecuteInProcessResult, asset: str) -> str:
    """What the failed step of an asset says to its user."""
    data = result.failure_data_for_node(asset)
    assert data, f"{asset} did not fail"
    if data.user_failure_data and data.user_failure_data.description:
        return data.user_failure_data.description
    return data.error.to_string() if data.error else ""
