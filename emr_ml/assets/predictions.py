"""The champion's predictions for rows that have no label yet."""

from collections.abc import Iterator

import dagster as dg

from emr_ml.assets.catalogue import spark_asset
from emr_ml.champions.compatibility import NoUsableChampionError, usable_champion, without_label
from emr_ml.checks.rows import ROW_CHECKS
from emr_ml.lake.champion import MODEL
from emr_ml.lake.inputs import committed_input
from emr_ml.launchers.base import Launcher
from emr_ml.materialization import JobSpec, SparkConfig, materialize, skip
from emr_ml.pipeline import SCORING, Pipeline
from emr_ml.ui.failures import errors_as_failures
from spark_jobs.runtime.job import Input
from spark_jobs.runtime.lake import Lake

EXPORT = "exported_model"
JOB = JobSpec(
    contract_fields=(
        *("format", "dialect", "missing", "columns", "label", "id", "weight", "predictions"),
    ),
    inputs=("raw_scoring_csv_s3",),
    incremental_input="raw_scoring_csv_s3",
    checks=ROW_CHECKS,
    read_as=without_label,
)


def make_predictions(pipeline: Pipeline) -> dg.AssetsDefinition:
    """Return the asset `predictions` of a pipeline."""

    @spark_asset(
        pipeline,
        JOB.checks,
        page="predictions",
        domain=SCORING,
        deps=["raw_scoring_csv_s3", "champion_model"],
        kinds={"spark", "parquet", "csv"},
        output_required=False,
    )
    def predictions(
        context: dg.AssetExecutionContext,
        config: SparkConfig,
        launcher: dg.ResourceParam[Launcher],
    ) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
        """Each row of the scoring files with the champion's prediction, as Parquet and as CSV.

        Only files that this champion has not scored yet are read. The asset is skipped if there is
        no champion that can score them.
        """
        lake = pipeline.lake(launcher.lake)
        try:
            with errors_as_failures(lake):
                contract = pipeline.load_contract()
                model, schema = usable_champion(lake, contract)
                inputs = {MODEL: model}
                if contract.predictions.reasons:
                    inputs[EXPORT] = _exported(lake, model.version)
        except NoUsableChampionError as reason:
            yield from skip(context, str(reason))
            return
        yield from materialize(
            context,
            pipeline.launcher(launcher),
            JOB,
            pipeline.load_contract,
            params=lambda _: {"label": schema.label},
            fixed_inputs=inputs,
            force=config.force,
        )

    return predictions


def _exported(lake: Lake, model: str) -> Input:
    """Return the model as it is exported, which tells the reasons for its predictions."""
    # pyarrow takes long to import
    from emr_ml.export.committed import commit_export

    return committed_input(lake, EXPORT, commit_export(lake, model).report.version)
