"""What the catalogue shows of assets that belong together."""

from datetime import timedelta
from typing import TypedDict

import dagster as dg

from emr_ml.lake.versions import code_of
from emr_ml.settings import load_settings

OWNERS = ["team:machine-learning"]


class Catalogue(TypedDict):
    """Arguments of `dg.asset` that a pipeline's assets share."""

    group_name: str
    owners: list[str]
    tags: dict[str, str]
    freshness_policy: dg.FreshnessPolicy


def _catalogue(pipeline: str) -> Catalogue:
    late = timedelta(days=load_settings().late_after_days)
    return Catalogue(
        group_name=pipeline,
        owners=OWNERS,
        tags={"domain": pipeline},
        freshness_policy=dg.FreshnessPolicy.time_window(fail_window=2 * late, warn_window=late),
    )


TRAINING = _catalogue("training")
SALES = _catalogue("sales")
SCORING = _catalogue("scoring")


def code_version(asset: str) -> str:
    """The start of the digest of the asset's Spark code: it changes when the job does."""
    return code_of(asset)[:12]
