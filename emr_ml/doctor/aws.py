"""Checks of access to AWS: region, credentials, clock, and the stack."""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from botocore.exceptions import ProfileNotFound

from emr_ml.aws.client import AWS_ERRORS, Api, UnansweredError
from emr_ml.aws.problems import diagnose
from emr_ml.aws.region import region_name
from emr_ml.doctor.finding import Finding, bad, good
from emr_ml.launchers.emr.cost.prices import QUIET
from emr_ml.settings import Settings, SettingsError, region_of_stack
from emr_ml.stack import with_stack

PATIENCE_SECONDS = 4.0
REGION = re.compile(r"[a-z]{2,4}(-[a-z]+)+-\d{1,2}")
WORTH_A_WORD_SECONDS = 5.0
TOO_MUCH_SECONDS = 60.0


def api(service: str, region: str | None) -> Api:
    """A service, asked with little patience: somebody sits at the terminal."""
    return Api(service, PATIENCE_SECONDS, QUIET, region, first_pause=0.5)


def region() -> Finding:
    """The region that everything is asked in."""
    try:
        name = region_name()
    except ProfileNotFound as error:
        trouble = diagnose(error)
        return bad("credentials", trouble.what, trouble.fix)
    if name is None:
        return bad("region", "none is set", "set AWS_REGION, as in AWS_REGION=eu-west-1")
    if not REGION.fullmatch(name):
        fix = "correct AWS_REGION; region names look like eu-west-1"
        return bad("region", f"'{name}' is not the name of a region", fix)
    return good("region", name)


def credentials_and_clock() -> Iterator[Finding]:
    """Who the caller is; and how far this clock is from AWS's, by which requests are signed."""
    try:
        answer = api("sts", region_name()).ask("get_caller_identity")
    except AWS_ERRORS as error:
        late = _clock(_headers(error))
        if late and not late.good:
            # a wrong clock makes good credentials look bad
            yield late
            return
        trouble = diagnose(error)
        yield bad("credentials", trouble.what, trouble.fix)
        return
    yield good("credentials", answer["Arn"])
    if clock := _clock(answer["ResponseMetadata"].get("HTTPHeaders", {})):
        yield clock


def _headers(error: Exception) -> Mapping[str, str]:
    cause = error.__cause__ if isinstance(error, UnansweredError) else error
    response: dict[str, Any] = getattr(cause, "response", {})
    return response.get("ResponseMetadata", {}).get("HTTPHeaders", {})


def _clock(headers: Mapping[str, str]) -> Finding | None:
    if "date" not in headers:
        return None
    # always GMT, which is not seen where a proxy has added a second date
    there = parsedate_to_datetime(headers["date"]).replace(tzinfo=UTC)
    ahead = (datetime.now(UTC) - there).total_seconds()
    where = f"{abs(ahead):.0f} seconds {'ahead of' if ahead > 0 else 'behind'} AWS's"
    if abs(ahead) > TOO_MUCH_SECONDS:
        fix = "set it, as with `timedatectl set-ntp true`: AWS refuses requests of another time"
        return bad("clock", f"is {where}", fix)
    if abs(ahead) > WORTH_A_WORD_SECONDS:
        return good("clock", f"is {where}: let NTP set it before AWS refuses requests")
    return good("clock", "agrees with AWS's")


SOON = timedelta(weeks=6)


def stack(settings: Settings) -> tuple[Settings | None, Finding]:
    """The settings with what the stack gives, if it is there and whole."""
    try:
        found = with_stack(settings, PATIENCE_SECONDS)
    except SettingsError as error:
        text, _, fix = str(error).partition(": ")
        return None, bad("stack", text, fix)
    return found, good("stack", f"{settings.stack} gives lake {found.lake}")


def certificate(name_of_stack: str) -> Finding | None:
    """How long the nodes' certificate is valid; None if the stack has none."""
    from emr_ml.stack.outputs import describe_stack, outputs_of

    name, region = "certificate", region_of_stack(name_of_stack) or region_name()
    try:
        described = describe_stack(api("cloudformation", region), name_of_stack) or {}
        address = outputs_of(described).get("Certificate")
        if address is None:
            return None
        bucket, _, key = address.removeprefix("s3://").partition("/")
        # it holds a private key, so it can be listed, but not read
        listed = api("s3", region).ask("list_objects_v2", Bucket=bucket, Prefix=key)
    except AWS_ERRORS as error:
        return good(name, f"its age could not be asked ({diagnose(error).what})")
    return _validity(name, address, listed.get("Contents", []))


def _validity(name: str, address: str, found: list[dict[str, Any]]) -> Finding:
    # cryptography takes a tenth of a second
    from emr_ml.stack.account import VALID

    if not found:
        return bad(
            name, f"there is none at {address}, and clusters need it", "`emr-ml up` makes it"
        )
    ends = found[0]["LastModified"] + VALID
    left = ends - datetime.now(UTC)
    if left < timedelta():
        fix = "`emr-ml up` makes a new one for clusters that start after it"
        return bad(name, f"the nodes' ended on {ends:%Y-%m-%d}", fix)
    if left < SOON:
        text = f"the nodes' ends in {left.days} days: run `emr-ml up` before, which makes a new one"
        return good(name, text)
    return good(name, f"the nodes' is valid until {ends:%Y-%m-%d}")
