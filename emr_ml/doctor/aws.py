"""Checks of access to AWS: region, credentials, clock, and the stack."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from botocore.exceptions import ProfileNotFound

from emr_ml.aws import SILENT_LOG, time_limits
from emr_ml.aws.client import AWS_ERRORS, Api, UnansweredError, error_code
from emr_ml.aws.problems import concerns_caller, diagnose
from emr_ml.aws.region import region_name
from emr_ml.doctor.finding import Finding, bad, good, unchecked
from emr_ml.settings import Settings, SettingsError, region_of_stack
from emr_ml.stack import with_stack
from spark_jobs.runtime.s3 import split_uri

REGION = re.compile(r"[a-z]{2,4}(-[a-z]+)+-\d{1,2}")
CLOCK_NOTE_SECONDS = 5.0
CLOCK_ERROR_SECONDS = 60.0
CERTIFICATE_NOTE = timedelta(weeks=6)


def api(service: str, region: str | None) -> Api:
    """Return a client with little patience, because the user is waiting at the terminal."""
    return Api(service, time_limits.DOCTOR, SILENT_LOG, region, first_pause=0.5)


def refused(name: str, error: Exception, subject: str = "") -> Finding:
    """Return the finding for what AWS does not let us use.

    Args:
        subject: what can't be used, if the name does not say it.
    """
    problem = diagnose(error)
    text = f"{subject} can't be used: {problem.what}" if subject else problem.what
    return bad(name, text, problem.fix, ends_access=concerns_caller(error))


def unanswered(name: str, error: Exception, subject: str = "") -> Finding:
    """Return the finding for what AWS does not tell: bad only if it refuses the caller."""
    if concerns_caller(error):
        return refused(name, error)
    return unchecked(name, diagnose(error).what, subject)


def unreachable(name: str, address: str, error: Exception) -> Finding:
    """Return the finding for an `s3://` address that AWS does not let us use."""
    bucket, _ = split_uri(address)
    if error_code(error) == "NoSuchBucket":
        fix = f"create it, for example with `aws s3 mb s3://{bucket}`, or name another"
        return bad(name, f"there is no bucket {bucket}", fix)
    return refused(name, error, address)


def has_region() -> bool:
    """Return True if a region is set, without which not even a request can be planned."""
    try:
        return region_name() is not None
    except ProfileNotFound:
        return False


def check_identity() -> Iterator[Finding]:
    """Check region, credentials and clock: whatever is wrong there ends the access to AWS."""
    for finding in _check_region_and_caller():
        yield finding if finding.passed else replace(finding, ends_access=True)


def _check_region_and_caller() -> Iterator[Finding]:
    region = check_region()
    yield region
    if region.passed:
        yield from check_credentials_and_clock()


def check_region() -> Finding:
    """Check that a region is set, and looks like one."""
    try:
        name = region_name()
    except ProfileNotFound as error:
        problem = diagnose(error)
        return bad("credentials", problem.what, problem.fix)
    if name is None:
        return bad("region", "none is set", "set AWS_REGION, for example AWS_REGION=eu-west-1")
    if not REGION.fullmatch(name):
        fix = "correct AWS_REGION; region names look like eu-west-1"
        return bad("region", f"'{name}' is not the name of a region", fix)
    return good("region", name)


def check_credentials_and_clock() -> Iterator[Finding]:
    """Check that AWS accepts the credentials, and that this clock agrees with AWS's.

    Requests are signed with the time, so AWS rejects those of a wrong clock.
    """
    try:
        answer = api("sts", region_name()).ask("get_caller_identity")
    except AWS_ERRORS as error:
        clock = _check_clock(_response_headers(error))
        if clock and not clock.passed:
            # the wrong clock is the reason why AWS rejects the credentials
            yield clock
            return
        problem = diagnose(error)
        yield bad("credentials", problem.what, problem.fix)
        return
    yield good("credentials", answer["Arn"])
    if clock := _check_clock(answer["ResponseMetadata"].get("HTTPHeaders", {})):
        yield clock


def check_stack(settings: Settings) -> tuple[Settings | None, Finding]:
    """Return the settings with the stack's outputs, or None if the stack can't be used."""
    try:
        completed = with_stack(settings, time_limits.DOCTOR)
    except SettingsError as error:
        cause = error.__cause__
        ends_access = isinstance(cause, Exception) and concerns_caller(cause)
        return None, bad("stack", error.problem, error.fix, ends_access=ends_access)
    return completed, good("stack", f"{settings.stack} has lake {completed.lake}")


def check_certificate(stack: str) -> Finding | None:
    """Check how long the nodes' certificate is valid; return None if the stack has none."""
    from emr_ml.stack.cloudformation import describe_stack, stack_outputs

    region = region_of_stack(stack) or region_name()
    try:
        described = describe_stack(api("cloudformation", region), stack) or {}
        address = stack_outputs(described).get("Certificate")
        if address is None:
            return None
        bucket, key = split_uri(address)
        # listed instead of read: it contains a private key, which the caller may not read
        listing = api("s3", region).ask("list_objects_v2", Bucket=bucket, Prefix=key)
    except AWS_ERRORS as error:
        return unanswered("certificate", error)
    return _certificate_validity(address, listing.get("Contents", []))


def _response_headers(error: Exception) -> Mapping[str, str]:
    cause = error.__cause__ if isinstance(error, UnansweredError) else error
    response: dict[str, Any] = getattr(cause, "response", {})
    return response.get("ResponseMetadata", {}).get("HTTPHeaders", {})


def _check_clock(headers: Mapping[str, str]) -> Finding | None:
    if "date" not in headers:
        return None
    # always GMT, though the parser misses that if a proxy has added a second date
    aws_time = parsedate_to_datetime(headers["date"]).replace(tzinfo=UTC)
    ahead = (datetime.now(UTC) - aws_time).total_seconds()
    text = f"is {abs(ahead):.0f} seconds {'ahead of' if ahead > 0 else 'behind'} AWS's"
    if abs(ahead) > CLOCK_ERROR_SECONDS:
        fix = "set it, for example with `timedatectl set-ntp true`: AWS rejects a wrong time"
        return bad("clock", text, fix)
    if abs(ahead) > CLOCK_NOTE_SECONDS:
        return good("clock", f"{text}: let NTP set it before AWS rejects requests")
    return good("clock", "agrees with AWS's")


def _certificate_validity(address: str, entries: list[dict[str, Any]]) -> Finding:
    # cryptography takes a tenth of a second to import
    from emr_ml.stack.account import CERTIFICATE_VALIDITY

    name = "certificate"
    if not entries:
        text = f"there is none at {address}, and clusters need it"
        return bad(name, text, "`emr-ml up` creates it")
    end = entries[0]["LastModified"] + CERTIFICATE_VALIDITY
    remaining = end - datetime.now(UTC)
    if remaining < timedelta():
        fix = "`emr-ml up` creates a new one for clusters that start after it"
        return bad(name, f"the nodes' certificate expired on {end:%Y-%m-%d}", fix)
    if remaining < CERTIFICATE_NOTE:
        text = f"the nodes' certificate expires in {remaining.days} days: `emr-ml up` renews it"
        return good(name, text)
    return good(name, f"the nodes' certificate is valid until {end:%Y-%m-%d}")
