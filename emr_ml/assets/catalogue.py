"""What assets have in common: pipeline, owners, freshness, checks and code version."""

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

import dagster as dg

from emr_ml.checks.check import Check
from emr_ml.checks.snapshot import SNAPSHOT_CHECKS
from emr_ml.lake.versions import code_of
from emr_ml.settings import load_settings

TRAINING, SALES, SCORING = "training", "sales", "scoring"
OWNERS = ["team:machine-learning"]
MANIFEST_VERSION = "1"  # of the list of files that a snapshot commits
CODE_VERSION_DIGITS = 12

Decorator = Callable[[Callable[..., Any]], dg.AssetsDefinition]


def spark_asset(pipeline: str, checks: Iterable[Check] = (), **options: Any) -> Decorator:
    """Declare an asset that a Spark job of the same name computes.

    Its code version is a digest of the job's code, and changes with it.

    Args:
        pipeline: the asset's group.
        checks: evaluated with each materialization.
        **options: further arguments of `dg.asset`.
    """

    def declare(function: Callable[..., Any]) -> dg.AssetsDefinition:
        code_version = code_of(function.__name__)[:CODE_VERSION_DIGITS]
        return _asset(function, pipeline, checks, code_version=code_version, **options)

    return declare


def snapshot_asset(pipeline: str, **options: Any) -> Decorator:
    """Declare an asset that lists the files of a source; see `spark_asset` for the arguments."""

    def declare(function: Callable[..., Any]) -> dg.AssetsDefinition:
        return _asset(
            function,
            pipeline,
            SNAPSHOT_CHECKS,
            kinds={"csv", "s3"},
            code_version=MANIFEST_VERSION,
            **options,
        )

    return declare


def _asset(
    function: Callable[..., Any], pipeline: str, checks: Iterable[Check], **options: Any
) -> dg.AssetsDefinition:
    late = timedelta(days=load_settings().late_after_days)
    decorate: Any = dg.asset(
        group_name=pipeline,
        owners=OWNERS,
        tags={"domain": pipeline},
        freshness_policy=dg.FreshnessPolicy.time_window(fail_window=2 * late, warn_window=late),
        check_specs=[check.spec(function.__name__) for check in checks],
        **options,
    )
    return decorate(function)
