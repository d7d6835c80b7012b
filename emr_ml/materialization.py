"""How an asset is materialized: version, launch, checks, and the version that becomes current."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from typing import Any

import dagster as dg
from pydantic import Field

from emr_ml.checks.check import Check, CheckContext, evaluate_all
from emr_ml.checks.snapshot import SNAPSHOT_CHECKS
from emr_ml.contract import Contract
from emr_ml.lake import current
from emr_ml.lake.inputs import find_input, input_of_input
from emr_ml.lake.job_code import code_of, job_code
from emr_ml.lake.snapshots import take_snapshot
from emr_ml.lake.usage import mark_used
from emr_ml.lake.versions import VersionSpec, digest
from emr_ml.launchers.base import Launcher, Outcome
from emr_ml.remaining_jobs import finishing, jobs_remain
from emr_ml.ui.failures import errors_as_failures, refusal
from emr_ml.ui.heartbeat import Note, heartbeat, progress_of
from emr_ml.ui.metadata import materialization_metadata
from emr_ml.ui.run_tags import tag_run
from emr_ml.ui.story import failed_checks, what_came_out, why_computed
from spark_jobs.runtime.attempt import now
from spark_jobs.runtime.job import Input
from spark_jobs.runtime.lake import Lake
from spark_jobs.runtime.report import Report, commit, read_commit

Complete = Callable[[dg.MaterializeResult], dg.MaterializeResult]


def _as_it_is(result: dg.MaterializeResult) -> dg.MaterializeResult:
    return result


class SparkConfig(dg.Config):
    """Run config that every Spark asset accepts in the launchpad."""

    force: bool = Field(False, description="compute again what is already committed")


@dataclass(frozen=True)
class JobSpec:
    """What the job of a Spark asset reads, and the checks of what it writes.

    Args:
        contract_fields: the parts of the contract that the job uses; no others are part of the
            version.
        inputs: assets whose data the job reads, each in the version of this run or else the
            current one.
        inputs_of_inputs: further inputs: each is read in the version from which the named input
            was computed.
        incremental_input: the input whose files are each read only once, into parts; "" if all
            files are read again for each version.
        checks: evaluated with the report of each version.
        read_as: changes the contract before the job sees it.
        module: of the job; "" for that of the asset's name in `spark_jobs`.
        same_as: an asset whose job computes the same from the same inputs; if it has done so, its
            version is copied.
    """

    contract_fields: tuple[str, ...]
    inputs: tuple[str, ...]
    inputs_of_inputs: Mapping[str, str] = field(default_factory=dict[str, str])
    incremental_input: str = ""
    checks: tuple[Check, ...] = ()
    read_as: Callable[[Contract], Contract] = lambda contract: contract
    module: str = ""
    same_as: str = ""


def materialize(
    context: dg.AssetExecutionContext,
    launcher: Launcher,
    job: JobSpec,
    load_contract: Callable[[], Contract],
    *,
    params: Callable[[Contract], Mapping[str, Any]] = lambda _: {},
    fixed_inputs: Mapping[str, Input] | None = None,
    force: bool = False,
    complete: Complete = _as_it_is,
    jobless: Callable[[], Collection[str]] = tuple,
) -> Iterator[dg.MaterializeResult]:
    """Compute the asset's version unless it is committed, and evaluate its checks.

    Args:
        context: of the asset.
        launcher: runs the job.
        job: what it reads.
        load_contract: loads the contract.
        params: the job's parameters, given the contract.
        fixed_inputs: further inputs, in exactly these versions.
        force: compute the version again even if it is committed.
        complete: adds to what the UI shows.
        jobless: returns the assets of the pipeline that will launch no job in this run, although
            they are Spark assets.

    Raises:
        Failed: with the cause, where to look and what to do; also, after the result, if a blocking
            check refuses it.
    """
    lake = launcher.lake
    with errors_as_failures(lake), heartbeat(context.log, progress_of(context)):
        asset = context.asset_key.path[-1]
        contract = job.read_as(load_contract())
        inputs = {name: find_input(context, lake, name) for name in job.inputs}
        inputs |= fixed_inputs or {}
        for name, source in job.inputs_of_inputs.items():
            inputs[name] = input_of_input(lake, source, inputs[source], name)
        spec = VersionSpec(
            asset=asset,
            run_id=context.run.run_id,
            inputs=inputs,
            contract=contract.pick(*job.contract_fields),
            params=params(contract),
            code=job_code(job.module).digest if job.module else code_of(asset),
            module=job.module,
            spark=launcher.spark,
            force=force,
            incremental_input=job.incremental_input,
        )
        if job.same_as and not force:
            same = replace(spec, asset=job.same_as, code=code_of(job.same_as))
            spec = replace(spec, same_as=same)
        if replaced := current.replaced_report(lake, spec):
            context.log.info(why_computed(spec, replaced))
        more = jobs_remain(context, without=jobless())
        outcome = launcher.expecting_more(more).launch(spec, context.log)
    with nullcontext() if more else finishing(context, launcher):
        yield from publish(context, lake, outcome, contract, job.checks, complete=complete)


def materialize_snapshot(
    context: dg.AssetExecutionContext,
    lake: Lake,
    source: str,
    load_contract: Callable[[], Contract],
    *,
    read_as: Callable[[Contract], Contract] = lambda contract: contract,
    checks: tuple[Check, ...] = SNAPSHOT_CHECKS,
    prepare: Callable[[Iterable[str]], None],
) -> Iterator[dg.MaterializeResult]:
    """Commit the list of the source's files as they are now, and evaluate the checks of it.

    Args:
        context: of the asset.
        lake: for the snapshot.
        source: address of the files.
        load_contract: loads the contract.
        read_as: changes the contract before files are read by it.
        checks: of the snapshot.
        prepare: is called with the addresses of the files if the snapshot is new and the run still
            has a Spark job to launch.

    Raises:
        Failed: the source has no files, can't be read, or is refused by a blocking check.
    """
    note = Note()
    with errors_as_failures(lake), heartbeat(context.log, progress_of(context, note)):
        asset, started = context.asset_key.path[-1], now()
        contract = read_as(load_contract())
        snapshot = take_snapshot(source, lake, asset, contract, note)
        files = snapshot.files
        contents = [{"name": f.name, "size": f.size, "content": f.content} for f in files]
        fields = contract.pick("format", "dialect", "header_case")
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
        outcome = _commit_snapshot(lake, report)
        is_new = not outcome.reused and outcome.report.attempt == 1
        if is_new and jobs_remain(context):
            prepare(file.uri for file in files)
        if snapshot.skipped:
            # not part of the version, so that nothing downstream is computed again
            figures = {**outcome.report.figures, "skipped": snapshot.skipped}
            outcome = replace(outcome, report=replace(outcome.report, figures=figures))
    tag_run(context, {asset: version})
    yield from publish(context, lake, outcome, contract, checks)


def skip(context: dg.AssetExecutionContext, reason: str) -> Iterator[dg.AssetCheckResult]:
    """Skip an asset whose output is not required, and with it the assets that depend on it.

    Dagster still requires a result of each check, so all pass, with the reason.
    """
    context.log.warning("skipped: %s", reason)
    for spec in context.assets_def.check_specs:
        yield dg.AssetCheckResult(
            passed=True, check_name=spec.name, description=f"skipped: {reason}"
        )


def _commit_snapshot(lake: Lake, report: Report) -> Outcome:
    """Commit the snapshot unless the same one is committed.

    If files with the same content have moved, only their addresses differ. These are part of the
    report but not of the version, so the report is replaced.
    """
    mark_used(lake, f"{report.asset}/{report.version}")
    committed = read_commit(lake, report.asset, report.version)
    if committed is None:
        return Outcome(commit(lake, report), reused=False)
    if committed.report.files == report.files:
        return Outcome(committed.report, reused=True)
    moved = replace(report, attempt=committed.report.attempt + 1)
    return Outcome(commit(lake, moved, committed.etag), reused=False)


def publish(
    context: dg.AssetExecutionContext,
    lake: Lake,
    outcome: Outcome,
    contract: Contract,
    checks: tuple[Check, ...] = (),
    *,
    complete: Complete = _as_it_is,
) -> Iterator[dg.MaterializeResult]:
    """Evaluate the checks; only a version that passes all blocking ones becomes current.

    Raises:
        Failed: after the result, if one of them failed.
    """
    report, run_id = outcome.report, context.run.run_id
    with errors_as_failures(lake):
        results = evaluate_all(checks, CheckContext(report, contract, lake))
        refused = [
            result
            for check, result in zip(checks, results, strict=True)
            if check.blocking and not result.passed
        ]
        if refused:
            reasons = [f"{result.check_name} ({result.description})" for result in refused]
            current.refuse(lake, report.asset, report.version, run_id, reasons)
        else:
            _make_current(context, lake, report)
        metadata = materialization_metadata(outcome, lake)
    tag_run(context)
    context.log.info(what_came_out(outcome, results))
    for line in failed_checks(results):
        context.log.warning(line)
    yield complete(
        dg.MaterializeResult(
            metadata=metadata,
            data_version=dg.DataVersion(report.version),
            check_results=results,
        )
    )
    if refused:
        # Dagster would fail the asset, too, but say only which checks failed
        raise refusal(context.asset_key, refused)


def _make_current(context: dg.AssetExecutionContext, lake: Lake, report: Report) -> None:
    run_id = context.run.run_id
    record = context.instance.get_run_record_by_id(run_id)
    requested_at = record.create_timestamp.timestamp() if record else 0.0
    candidate = current.Current(report.version, report.path, run_id, requested_at)
    if not current.promote(lake, report.asset, candidate):
        context.log.info("a run that was requested later has set the current version")
