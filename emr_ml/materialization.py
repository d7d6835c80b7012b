"""From an asset to its materialization: version, launch, judgement, `current`."""

from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import dagster as dg
from pydantic import Field

from emr_ml.checks.evidence import Evidence, Judge, no_checks
from emr_ml.contract import Contract, ContractError, load_contract
from emr_ml.errors import is_aws_error
from emr_ml.lake import current
from emr_ml.lake.inputs import find_input, through_input
from emr_ml.lake.snapshots import take_snapshot
from emr_ml.lake.usage import mark_used
from emr_ml.lake.versions import VersionSpec, code_of, digest
from emr_ml.launchers.base import Launcher, LaunchError, Outcome
from emr_ml.sources.listing import SourceError
from emr_ml.ui.metadata import materialization_metadata
from spark_jobs.runtime.attempt import now
from spark_jobs.runtime.job import Input, JobError
from spark_jobs.runtime.lake import Lake
from spark_jobs.runtime.report import Report, commit, read_report


class SparkConfig(dg.Config):
    """What every Spark asset can be asked in the launchpad."""

    force: bool = Field(False, description="compute again what is committed already")


@dataclass(frozen=True)
class Recipe:
    """How a Spark asset is made.

    Args:
        contract: path or address of the contract.
        fields: the parts of the contract that the job uses; they alone are part of the version.
        inputs: assets whose data the job reads.
        through: further inputs, each taken in the version that the named input was made of.
        fixed: further inputs, in the versions that are given.
        params: the job's parameters, given the contract.
        judge: evaluates the asset's checks.
        force: compute again what is committed.
        batches: the input whose files are read once, in parts; "" if all are read anew.
        read_as: what the job takes the contract for.
    """

    contract: str
    fields: tuple[str, ...]
    inputs: tuple[str, ...]
    through: Mapping[str, str] = field(default_factory=dict[str, str])
    fixed: Mapping[str, Input] = field(default_factory=dict[str, Input])
    params: Callable[[Contract], Mapping[str, Any]] = lambda _: {}
    judge: Judge = no_checks
    force: bool = False
    batches: str = ""
    read_as: Callable[[Contract], Contract] = lambda contract: contract


def materialize(
    context: dg.AssetExecutionContext, launcher: Launcher, recipe: Recipe
) -> dg.MaterializeResult:
    """Have the asset's version computed, unless it is there, and judge it.

    Raises:
        dg.Failure: with the cause, where to look and what to do.
    """
    with plain_failures():
        asset, lake = context.asset_key.path[-1], launcher.lake
        contract = recipe.read_as(load_contract(recipe.contract))
        inputs = {name: find_input(context, lake, name) for name in recipe.inputs}
        inputs |= recipe.fixed
        for name, source in recipe.through.items():
            inputs[name] = through_input(lake, source, inputs[source], name)
        work = VersionSpec(
            asset=asset,
            run_id=context.run.run_id,
            inputs=inputs,
            contract=contract.pick(*recipe.fields),
            params=recipe.params(contract),
            code=code_of(asset),
            spark=launcher.spark,
            force=recipe.force,
            batches=recipe.batches,
        )
        outcome = launcher.launch(work, context.log)
        return conclude(context, lake, outcome, contract, recipe.judge)


def materialize_snapshot(
    context: dg.AssetExecutionContext,
    lake: Lake,
    source: str,
    contract: str,
    judge: Judge,
    *,
    read_as: Callable[[Contract], Contract] = lambda contract: contract,
) -> dg.MaterializeResult:
    """Commit which files the source holds now, and judge them.

    Raises:
        dg.Failure: nothing is there, or it can't be read.
    """
    with plain_failures():
        asset, started = context.asset_key.path[-1], now()
        terms = read_as(load_contract(contract))
        files = take_snapshot(source, lake, asset, terms)
        contents = [{"name": f.name, "size": f.size, "content": f.content} for f in files]
        fields = terms.pick("format", "dialect")
        version = digest({"asset": asset, "contract": fields, "files": contents})
        report = Report(
            asset=asset,
            version=version,
            attempt=1,
            path=lake.uri(f"{asset}/{version}"),
            files=[file.as_json() for file in files],
            inputs={},
            params={},
            code="",
            spark=None,
            rows={},
            figures={"source": source},
            seconds={},
            started=started,
            finished=now(),
        )
        outcome = commit_snapshot(lake, report)
        return conclude(context, lake, outcome, terms, judge)


def commit_snapshot(lake: Lake, report: Report) -> Outcome:
    """Commit the snapshot unless the same one is there.

    The same content may have moved: where it lies is in the report, not in the version. Then the
    report is replaced.
    """
    mark_used(lake, f"{report.asset}/{report.version}")
    committed = read_report(lake, report.asset, report.version)
    if committed is None:
        return Outcome(commit(lake, report), reused=False, metadata={})
    if committed.report.files == report.files:
        return Outcome(committed.report, reused=True, metadata={})
    moved = replace(report, attempt=committed.report.attempt + 1)
    return Outcome(commit(lake, moved, committed.etag), reused=False, metadata={})


def conclude(
    context: dg.AssetExecutionContext,
    lake: Lake,
    outcome: Outcome,
    contract: Contract,
    judge: Judge,
) -> dg.MaterializeResult:
    """Judge the report; only a version whose blocking checks all pass becomes current."""
    report, run_id = outcome.report, context.run.run_id
    blocking = {
        spec.name
        for spec in context.assets_def.check_specs_by_output_name.values()
        if spec.blocking
    }
    results = list(judge(Evidence(report, contract, lake)))
    failed = [
        f"{result.check_name} ({result.description})"
        for result in results
        if not result.passed and result.check_name in blocking
    ]
    if failed:
        current.refuse(lake, report.asset, report.version, run_id, failed)
    else:
        record = context.instance.get_run_record_by_id(run_id)
        requested_at = record.create_timestamp.timestamp() if record else 0.0
        candidate = current.Current(report.version, report.path, run_id, requested_at)
        if not current.promote(lake, report.asset, candidate):
            context.log.info("a run that was requested later has set the current version")
    how = "reused" if outcome.reused else "committed"
    context.log.info("%s %s, attempt %s", how, report.version, report.attempt)
    return dg.MaterializeResult(
        metadata=materialization_metadata(outcome),
        data_version=dg.DataVersion(report.version),
        check_results=results,
    )


def skip(context: dg.AssetExecutionContext, why: str) -> Iterator[dg.AssetCheckResult]:
    """Say why the asset is not materialized: nothing broke its checks, and what follows it skips.

    Only for assets whose output is not required. Dagster asks for the results of checks even so.
    """
    context.log.warning("skipped: %s", why)
    for spec in context.assets_def.check_specs:
        yield dg.AssetCheckResult(passed=True, check_name=spec.name, description=f"skipped: {why}")


@contextmanager
def plain_failures() -> Generator[None]:
    """Turn what a user can mend into a failure that needs no stack trace to be understood."""
    try:
        yield
    except LaunchError as error:
        raise dg.Failure(
            str(error), metadata=error.metadata, allow_retries=False
        ) from error.__cause__
    except (ContractError, SourceError, JobError) as error:
        raise dg.Failure(str(error), allow_retries=False) from error.__cause__
    except OSError as error:
        what = f"{error.filename}: {error.strerror}" if error.filename else str(error)
        raise dg.Failure(f"{what}. Check the lake's folder, its rights and its disk") from error
    except Exception as error:
        if not is_aws_error(error):
            raise
        raise dg.Failure(
            f"AWS said: {error}. Check credentials, region, endpoint, and that the bucket is there "
            "and may be listed, read and written"
        ) from error
