"""The order of the checks. A check is skipped if another that it relies on has failed."""

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping

from emr_ml.doctor import (
    aws,
    capacity,
    cluster,
    job_runs,
    machine,
    mlflow,
    project,
    spark_submit,
    storage,
)
from emr_ml.doctor.finding import Finding, unchecked
from emr_ml.doctor.roles import check_roles
from emr_ml.settings import Deployment, Settings

# names of checks that are skipped together
OF_LAKE = ("lake", "conditional writes")
OF_ROLES = ("service role", "instance profile")
OF_CLUSTER = ("EMR", "release label", *OF_ROLES, "subnets", "instance types", "quotas")
OF_STORAGE = ("log URI", "packages")
NO_LAKE = "the lake can't be used"
ON_AWS = (Deployment.EMR, Deployment.EMR_SERVERLESS, Deployment.EMR_EKS)


class Asker:
    """Makes the checks that call AWS, until AWS refuses the caller: the others are then skipped."""

    def __init__(self) -> None:
        #: why AWS is not asked any more; empty as long as it is
        self.reason = ""

    def ask(
        self, names: tuple[str, ...], check: Callable[[], Iterable[Finding]]
    ) -> Generator[Finding, None, bool]:
        """Yield the findings of a check, or else why it was not made; return if all have passed.

        Args:
            names: of the findings that the check makes if nothing is wrong.
            check: makes them when it is iterated.
        """
        remaining = list(names)
        all_passed = not self.reason
        for finding in () if self.reason else check():
            yield finding
            all_passed &= finding.passed
            if finding.name in remaining:
                remaining.remove(finding.name)
            if finding.ends_access:
                self.reason = finding.reason
                break
        if self.reason:
            yield from skipped(remaining, self.reason)
        return all_passed


def skipped(names: Iterable[str], reason: str) -> Iterator[Finding]:
    """Yield a finding for each check that is not made."""
    return (unchecked(name, reason) for name in names)


def run_checks() -> Iterator[Finding]:
    """Run all checks of the configured deployment, and yield each finding when it is made."""
    settings, settings_finding = machine.check_settings()
    yield from _check_software(settings)
    yield settings_finding
    if settings is None:
        return
    asker = Asker()
    calls_aws = settings.deployment in ON_AWS or bool(settings.stack)
    if calls_aws:
        yield from asker.ask((), aws.check_identity)
    if settings.stack:
        completed = yield from _check_stack(asker, settings)
        if completed is None and not asker.reason:
            return
        settings = completed or settings
    declared, finding = project.check_definitions(settings)
    yield finding
    if not calls_aws and any(each in ON_AWS for each in declared.jobs):
        yield from asker.ask((), aws.check_identity)
    remote = [address for address in declared.contracts if address.startswith("s3://")]
    local = [address for address in declared.contracts if address not in remote]
    yield from map(project.check_contract, local)
    yield from asker.ask(("contract",) * len(remote), lambda: map(project.check_contract, remote))
    if settings.lake.startswith("s3://"):
        has_lake = yield from asker.ask(OF_LAKE, lambda: storage.check_lake(settings.lake))
    else:
        has_lake = True
        yield from storage.check_lake(settings.lake)
        yield machine.check_disk(settings.lake)
    yield from _check_targets(asker, settings, declared.jobs, has_lake=has_lake)
    if settings.mlflow_tracking_uri:
        yield mlflow.check_server(settings.mlflow_tracking_uri.get_secret_value())


def _check_targets(
    asker: Asker,
    settings: Settings,
    jobs_of: Mapping[Deployment, Mapping[str, str]],
    *,
    has_lake: bool,
) -> Iterator[Finding]:
    if any(each in ON_AWS for each in jobs_of):
        yield from _check_bucket(asker, settings, has_lake=has_lake)
    for deployment, jobs in jobs_of.items():
        target = settings.on(deployment)
        if deployment.uses_emr:
            yield from _check_emr(asker, target, jobs, has_lake=has_lake)
        elif deployment in ON_AWS:
            yield from _check_job_runs(asker, job_runs.service_of(target), jobs)
        elif deployment is Deployment.SPARK_SUBMIT:
            yield from spark_submit.run_checks(target, jobs)


def _check_software(settings: Settings | None) -> Iterator[Finding]:
    # the configuration of spark-submit says which Java and which Spark it needs
    by_submission = settings is not None and settings.deployment is Deployment.SPARK_SUBMIT
    if not by_submission:
        yield machine.check_java(needed=settings is None or settings.deployment.runs_here)
    yield machine.check_python()
    if not by_submission:
        yield machine.check_spark()


def _check_stack(asker: Asker, settings: Settings) -> Generator[Finding, None, Settings | None]:
    """Return the settings with the stack's outputs, or None if there are none."""
    found: list[Settings] = []

    def check() -> Iterator[Finding]:
        completed, finding = aws.check_stack(settings)
        yield finding
        if completed is None:
            return
        found.append(completed)
        if certificate := aws.check_certificate(settings.stack or ""):
            yield certificate

    yield from asker.ask(("stack",), check)
    return found[0] if found else None


def _check_bucket(asker: Asker, settings: Settings, *, has_lake: bool) -> Iterator[Finding]:
    if has_lake:
        yield from asker.ask(
            ("bucket",), lambda: [storage.check_bucket(settings.lake, settings.stack)]
        )
    else:
        yield unchecked("bucket", asker.reason or NO_LAKE)


def _check_emr(
    asker: Asker, settings: Settings, jobs: Mapping[str, str], *, has_lake: bool
) -> Iterator[Finding]:
    without_lake = asker.reason or NO_LAKE
    planned: cluster.PlannedCluster | None = None
    # without access, the stack's fields are missing, and a file in S3 can't be read
    if asker.reason and (settings.stack or (settings.cluster or "").startswith("s3://")):
        yield unchecked("cluster", asker.reason)
    elif aws.has_region():
        planned, finding = cluster.check_configuration(settings, jobs)
        yield finding
    else:
        yield unchecked("cluster", asker.reason)
    if planned is None:
        reason = asker.reason or "the cluster configuration can't be used"
        yield from skipped((*OF_CLUSTER, *OF_STORAGE), reason)
        return
    yield from _check_account(asker, planned)
    if has_lake or not planned.request["LogUri"].startswith(f"{settings.lake}/"):
        yield from asker.ask(("log URI",), lambda: [cluster.check_logs(planned)])
    else:
        yield unchecked("log URI", without_lake)
    if has_lake:
        yield from asker.ask(("packages",), lambda: [cluster.check_packages(planned)])
    else:
        yield unchecked("packages", without_lake)


def _check_job_runs(
    asker: Asker, service: job_runs.Service, jobs: Mapping[str, str]
) -> Iterator[Finding]:
    """Check EMR Serverless or EMR on EKS."""
    # without access, a file in S3 can't be read
    if not aws.has_region() or (asker.reason and (service.file or "").startswith("s3://")):
        yield from skipped((service.configuration, *service.checks), asker.reason)
        return
    finding, checks = job_runs.plan_checks(service, jobs)
    yield finding
    if not checks:
        yield from skipped(service.checks, f"see {finding.name}")
    for name, check in checks.items():
        yield from asker.ask((name,), lambda check=check: [check()])


def _check_account(asker: Asker, planned: cluster.PlannedCluster) -> Iterator[Finding]:
    """Check what the account lets a cluster be."""
    may_use_emr = yield from asker.ask(("EMR",), lambda: [cluster.check_emr_access(planned)])
    if may_use_emr:
        yield from asker.ask(("release label",), lambda: [cluster.check_release(planned)])
    else:
        yield unchecked("release label", asker.reason or "EMR can't be used")
    yield from asker.ask(OF_ROLES, lambda: check_roles(planned))
    zones: list[str] = []

    def check_subnets() -> Iterator[Finding]:
        finding, found = cluster.check_subnets(planned)
        zones.extend(found)
        yield finding

    yield from asker.ask(("subnets",), check_subnets)
    if zones:
        yield from asker.ask(
            ("instance types",), lambda: [capacity.check_instance_types(planned, zones)]
        )
    else:
        yield unchecked("instance types", asker.reason or "the subnets are not known")
    yield from asker.ask(("quotas",), lambda: capacity.check_quotas(planned))
