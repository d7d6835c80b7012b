"""The order of the checks. A check is skipped if another that it relies on has failed."""

from collections.abc import Generator, Iterable, Iterator

from emr_ml.doctor import aws, capacity, cluster, machine, project, storage
from emr_ml.doctor.finding import Finding
from emr_ml.doctor.roles import check_roles
from emr_ml.settings import Settings


def run_checks() -> Iterator[Finding]:
    """Run all checks of the configured deployment, and yield each finding when it is made."""
    settings, settings_finding = machine.check_settings()
    on_emr = settings is not None and settings.deployment.uses_emr
    yield machine.check_java(needed=settings is None or settings.deployment.runs_here)
    yield machine.check_python()
    yield machine.check_spark()
    yield settings_finding
    if settings is None:
        return
    has_access = (yield from _all_passed(_check_access())) if on_emr or settings.stack else True
    if has_access and settings.stack:
        completed, finding = aws.check_stack(settings)
        yield finding
        if completed is None:
            return
        if certificate := aws.check_certificate(settings.stack):
            yield certificate
        settings = completed
    contracts, finding = project.check_definitions(settings)
    yield finding
    for address in contracts:
        if has_access or not address.startswith("s3://"):
            yield project.check_contract(address)
    if not has_access:
        return
    has_lake = yield from _all_passed(storage.check_lake(settings.lake))
    if not settings.lake.startswith("s3://"):
        yield machine.check_disk(settings.lake)
    if on_emr:
        yield from _check_emr(settings, has_lake=has_lake)


def _check_access() -> Iterator[Finding]:
    region = aws.check_region()
    yield region
    if region.passed:
        yield from aws.check_credentials_and_clock()


def _check_emr(settings: Settings, *, has_lake: bool) -> Iterator[Finding]:
    planned, configuration = cluster.check_configuration(settings)
    if has_lake:
        yield storage.check_bucket(settings.lake, settings.stack)
    yield configuration
    if planned is None:
        return
    access = cluster.check_emr_access(planned)
    yield access
    if access.passed:
        yield cluster.check_release(planned)
    yield from check_roles(planned)
    subnets, zones = cluster.check_subnets(planned)
    yield subnets
    if zones:
        yield capacity.check_instance_types(planned, zones)
    yield from capacity.check_quotas(planned)
    if has_lake or not planned.request["LogUri"].startswith(f"{settings.lake}/"):
        yield cluster.check_logs(planned)
    if has_lake:
        yield cluster.check_packages(planned)


def _all_passed(checks: Iterable[Finding]) -> Generator[Finding, None, bool]:
    """Yield the findings, and return whether all have passed."""
    all_passed = True
    for finding in checks:
        yield finding
        all_passed &= finding.passed
    return all_passed
