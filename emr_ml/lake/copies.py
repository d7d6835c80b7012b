"""A version that another asset has already computed from the same inputs, by the same job."""

from dataclasses import replace
from logging import Logger

from emr_ml.lake.usage import mark_used
from emr_ml.lake.versions import VersionSpec, short
from spark_jobs.runtime.attempt import check_lease, now
from spark_jobs.runtime.job import JobError, Request, Stopwatch
from spark_jobs.runtime.lake import Lake
from spark_jobs.runtime.report import Report, attempt_key, commit, read_report

# The copy passes through this process, which may be small.
MAX_BYTES = 64 << 20


def commit_copy(lake: Lake, original: VersionSpec, request: Request, log: Logger) -> Report | None:
    """Copy the data of a version, and commit it as the attempt of the request.

    Args:
        lake: with both.
        original: the version.
        request: of a job that would compute the same; it was not sent anywhere.
        log: of the run.

    Returns:
        The committed report; None if the version is not committed, or has more than `MAX_BYTES`.

    Raises:
        SupersededError: another attempt holds the lease.
    """
    try:
        report = read_report(lake, original.asset, original.version)
    except JobError as error:
        log.warning("not copied, but computed: %s", error)
        return None
    if report is None or report.parts or sum(file["size"] for file in report.files) > MAX_BYTES:
        return None
    mark_used(lake, f"{original.asset}/{original.version}")
    stopwatch, started = Stopwatch(), now()
    with stopwatch.phase("copy"):
        if not _copy_files(lake, report, request):
            return None
    check_lease(lake, request)
    log.info("copied from %s %s", original.asset, short(original.version))
    copied = replace(
        report,
        asset=request.asset,
        version=request.version,
        attempt=request.attempt,
        path=request.output,
        code=request.code,
        seconds=stopwatch.seconds,
        started=started,
        finished=now(),
        usage={},
    )
    return commit(lake, copied)


def _copy_files(lake: Lake, report: Report, request: Request) -> bool:
    """Copy the files of a report; if one is missing, remove the copies and return False."""
    source = attempt_key(report.asset, report.version, report.attempt)
    target = attempt_key(request.asset, request.version, request.attempt)
    copied: list[str] = []
    for file in report.files:
        key = f"{target}/{file['name']}"
        stored = lake.read(f"{source}/{file['name']}")
        if stored is None:
            for each in copied:
                lake.remove(each)
            return False
        lake.write(key, stored.body)
        copied.append(key)
    return True
