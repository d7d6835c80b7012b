"""The assets, materialized in this process on a lake of the test's own."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import dagster as dg

from emr_ml.assets.champion_metrics import champion_metrics
from emr_ml.assets.champion_model import champion_model
from emr_ml.assets.lr_model import lr_model
from emr_ml.assets.metrics import metrics
from emr_ml.assets.predictions import predictions
from emr_ml.assets.processed_dataset import processed_dataset
from emr_ml.assets.raw_csv_s3 import raw_csv_s3
from emr_ml.assets.raw_sales_csv_s3 import raw_sales_csv_s3
from emr_ml.assets.raw_scoring_csv_s3 import raw_scoring_csv_s3
from emr_ml.assets.sales_by_seller import sales_by_seller
from emr_ml.contract import load_contract
from emr_ml.launchers import make_launcher
from emr_ml.launchers.local_spark import JAVA_OPTIONS, SQL_CONF, DataSize
from emr_ml.settings import Settings
from spark_jobs.runtime.lake import open_lake
from spark_jobs.runtime.report import Report, read_report

TRAINING = (raw_csv_s3, processed_dataset, lr_model, metrics)
CHAMPION = (champion_model, champion_metrics)
SCORING = (raw_scoring_csv_s3, predictions)
SALES = (raw_sales_csv_s3, sales_by_seller)

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
        assets: Sequence[dg.AssetsDefinition] = TRAINING,
        config: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> dg.ExecuteInProcessResult:
        """One run of the assets, whether it fails or not."""
        ops = {name: {"config": dict(values)} for name, values in (config or {}).items()}
        if lr_model in assets:
            # the launchpad shows, and a run uses, the defaults of the sample's contract
            model = load_contract(self.settings.dataset).model.model_dump(mode="json")
            ops["lr_model"] = {"config": {**model, **ops.get("lr_model", {}).get("config", {})}}
        return dg.materialize(
            [*TRAINING, *CHAMPION, *SCORING, *SALES],
            selection=[asset.key for asset in assets],
            resources={"settings": self.settings, "launcher": make_launcher(self.settings)},
            instance=self.instance,
            run_config={"ops": ops},
            raise_on_error=False,
        )

    def report(self, asset: str, version: str) -> Report:
        """The committed report of a version."""
        committed = read_report(open_lake(self.settings.lake), asset, version)
        assert committed, f"{asset} {version} is not committed"
        return committed.report


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
