"""What the champion says of rows that nobody has labelled yet."""

from collections.abc import Iterator

import dagster as dg

from emr_ml.assets.catalogue import SCORING, code_version
from emr_ml.assets.champion_model import champion_model
from emr_ml.assets.raw_scoring_csv_s3 import raw_scoring_csv_s3
from emr_ml.champions.compatibility import NotUsableError
from emr_ml.champions.scoring import scoring_recipe
from emr_ml.checks.rows import row_checks
from emr_ml.launchers.base import Launcher
from emr_ml.materialization import SparkConfig, materialize, plain_failures, skip
from emr_ml.settings import Settings


@dg.asset(
    **SCORING,
    kinds={"spark", "parquet", "csv"},
    deps=[raw_scoring_csv_s3, champion_model],
    code_version=code_version("predictions"),
    check_specs=row_checks("predictions"),
    output_required=False,
)
def predictions(
    context: dg.AssetExecutionContext,
    config: SparkConfig,
    settings: dg.ResourceParam[Settings],
    launcher: dg.ResourceParam[Launcher],
) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
    """Each row of the scoring files with the champion's prediction, as Parquet and as CSV.

    Only files that this champion has not scored before are read. Without a champion that can
    be put to them the asset is skipped.
    """
    try:
        with plain_failures():
            recipe = scoring_recipe(launcher.lake, settings.dataset, force=config.force)
    except NotUsableError as why:
        yield from skip(context, str(why))
        return
    yield materialize(context, launcher, recipe)
