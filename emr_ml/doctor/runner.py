"""The order of the checks. What depends on something bad is left out: it would be bad too."""

from collections.abc import Generator, Iterable, Iterator

from emr_ml.doctor import aws, capacity, cluster, machine, storage
from emr_ml.doctor.aws import certificate, stack
from emr_ml.doctor.finding import Finding
from emr_ml.doctor.roles import roles
from emr_ml.doctor.storage import settings_of_bucket
from emr_ml.settings import Settings


def findings() -> Iterator[Finding]:
    """All checks of the deployment that is set, each as it is made."""
    settings, found = machine.settings()
    on_emr = settings is not None and settings.deployment == "emr"
    yield machine.java(needed=not on_emr)
    yield machine.python()
    yield machine.spark()
    yield found
    if settings is None:
        return
    reached = (yield from _all_good(_way_to_aws())) if on_emr or settings.stack else True
    if reached and settings.stack:
        resolved, found = stack(settings)
        yield found
        if resolved is None:
            return
        if found := certificate(settings.stack):
            yield found
        settings = resolved
    if reached or not settings.dataset.startswith("s3://"):
        yield storage.contract(settings.dataset)
    if not reached:
        return
    stored = yield from _all_good(storage.lake(settings.lake))
    if not settings.lake.startswith("s3://"):
        yield machine.disk(settings.lake)
    if on_emr:
        yield from _clusters(settings, stored=stored)


def _way_to_aws() -> Iterator[Finding]:
    region = aws.region()
    yield region
    if region.good:
        yield from aws.credentials_and_clock()


def _clusters(settings: Settings, *, stored: bool) -> Iterator[Finding]:
    wanted, found = cluster.configuration(settings)
    if stored:
        yield settings_of_bucket(settings.lake, settings.stack)
    yield found
    if wanted is None:
        return
    rights = cluster.rights(wanted)
    yield rights
    if rights.good:
        yield cluster.release(wanted)
    yield from roles(wanted)
    found, zones = cluster.subnets(wanted)
    yield found
    if zones:
        yield capacity.instance_types(wanted, zones)
    yield from capacity.quotas(wanted)
    if stored or not wanted.request["LogUri"].startswith(f"{settings.lake}/"):
        yield cluster.logs(wanted)
    if stored:
        yield cluster.packages(wanted)


def _all_good(checks: Iterable[Finding]) -> Generator[Finding, None, bool]:
    all_good = True
    for finding in checks:
        yield finding
        all_good &= finding.good
    return all_good
