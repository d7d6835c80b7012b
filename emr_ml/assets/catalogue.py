"""What assets have in common: key, group, owners, freshness, checks and code version."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Any

import dagster as dg

from emr_ml.checks.check import Check
from emr_ml.checks.snapshot import SNAPSHOT_CHECKS
from emr_ml.contract import ContractError, load_contract
from emr_ml.lake.job_code import code_of, module_of
from emr_ml.pipeline import TRAINING, Pipeline
from emr_ml.ui.docs import described, page_reference
from emr_ml.ui.run_tags import PIPELINE, pipeline_name

MANIFEST_VERSION = "1"  # of the list of files that a snapshot commits
CODE_VERSION_DIGITS = 12
# metadata: what a snapshot lists and how it is read, what a job runs, and what a clean-up keeps
SOURCE, CONTRACT, THRESHOLDS = "emr_ml/source", "emr_ml/contract", "emr_ml/thresholds"
MODULE, RETENTION_CHAMPIONS = "emr_ml/module", "emr_ml/retention_champions"
# as the UI calls them, with an icon of each
KINDS_OF_FORMATS = {"csv": "csv", "jsonl": "json", "parquet": "parquet"}
# of a model: what fits it, and what saves it
MODEL_KINDS = frozenset(("spark", "scipy", "xgboost"))
DEPLOYMENT = "emr_ml/deployment"  # where the job runs, if not where the settings say

Decorator = Callable[[Callable[..., Any]], dg.AssetsDefinition]


def assets_of(definitions: dg.Definitions) -> list[dg.AssetsDefinition]:
    """Return the assets of definitions that have a function of their own."""
    return [each for each in definitions.assets or () if isinstance(each, dg.AssetsDefinition)]


def metadata_of(
    definitions: Iterable[dg.AssetsDefinition],
) -> Iterator[tuple[dg.AssetKey, Mapping[str, Any]]]:
    """Yield key and metadata of each asset; a definition of a user's own may have several."""
    for each in definitions:
        for key in each.keys:
            yield key, each.metadata_by_key.get(key, {})


def spark_asset(
    pipeline: Pipeline,
    checks: Iterable[Check] = (),
    *,
    page: str,
    domain: str = TRAINING,
    deps: Iterable[str],
    **options: Any,
) -> Decorator:
    """Declare an asset of a pipeline that a Spark job of the same name computes.

    Its code version is a digest of the job's code, and changes with it.

    Args:
        pipeline: that it belongs to.
        checks: evaluated with each materialization.
        page: of the documentation, about the asset.
        domain: the part of the pipeline, for its group and its tag.
        deps: names of the pipeline's assets that it depends on.
        **options: further arguments of `dg.asset`.
    """

    def declare(function: Callable[..., Any]) -> dg.AssetsDefinition:
        code_version = code_of(function.__name__)[:CODE_VERSION_DIGITS]
        keys = [pipeline.key(name) for name in deps]
        given: dict[str, Any] = {"code_version": code_version, "deps": keys, **options}
        metadata = {MODULE: module_of(function.__name__)}
        if pipeline.deployment:
            metadata[DEPLOYMENT] = pipeline.deployment.value
        return _asset(function, pipeline, checks, domain, page, metadata=metadata, **given)

    return declare


def snapshot_asset(
    pipeline: Pipeline,
    source: str | None,
    *,
    page: str,
    domain: str = TRAINING,
    **options: Any,
) -> Decorator:
    """Declare an asset that lists the files of a source; see `spark_asset` for the arguments."""

    def declare(function: Callable[..., Any]) -> dg.AssetsDefinition:
        given: dict[str, Any] = {
            "kinds": source_kinds(source, pipeline.contract),
            "code_version": MANIFEST_VERSION,
            **options,
        }
        metadata = {
            SOURCE: source,
            CONTRACT: pipeline.contract,
            THRESHOLDS: {"thresholds": pipeline.thresholds, "promotion": pipeline.promotion},
        }
        return _asset(function, pipeline, SNAPSHOT_CHECKS, domain, page, metadata=metadata, **given)

    return declare


def python_asset(
    pipeline: Pipeline,
    *,
    page: str,
    domain: str = TRAINING,
    deps: Iterable[str],
    **options: Any,
) -> Decorator:
    """Declare an asset that this process makes; see `spark_asset` for the arguments."""

    def declare(function: Callable[..., Any]) -> dg.AssetsDefinition:
        keys = [pipeline.key(name) for name in deps]
        return _asset(function, pipeline, (), domain, page, metadata={}, deps=keys, **options)

    return declare


def source_kinds(source: str | None, contract: str | None) -> set[str]:
    """Return the kinds of a snapshot: where its files are, and in which format.

    Args:
        source: as in `Pipeline`.
        contract: address of the contract, which names the format; one in S3 is not asked for it,
            because definitions load without a network.
    """
    place = "s3" if (source or "").startswith("s3://") else "file"
    if contract is None or contract.startswith("s3://"):
        return {place}
    with suppress(ContractError):
        return {place, KINDS_OF_FORMATS[load_contract(contract).format]}
    return {place}


def _asset(
    function: Callable[..., Any],
    pipeline: Pipeline,
    checks: Iterable[Check],
    domain: str,
    page: str,
    *,
    metadata: Mapping[str, Any],
    **options: Any,
) -> dg.AssetsDefinition:
    late = timedelta(days=pipeline.late_after_days)
    key = pipeline.key(function.__name__)
    decorate: Any = dg.asset(
        key=key,
        group_name=pipeline.group or pipeline.name(domain),
        owners=[*pipeline.owners],
        description=described(function.__doc__ or "", page),
        tags={"domain": domain, PIPELINE: pipeline_name(pipeline.prefix)},
        freshness_policy=dg.FreshnessPolicy.time_window(fail_window=2 * late, warn_window=late),
        check_specs=[check.spec(key) for check in checks],
        metadata={
            RETENTION_CHAMPIONS: pipeline.retention_champions,
            **page_reference(page),
            **metadata,
        },
        **options,
    )
    return decorate(function)
