"""Checks of the way to AWS: region, credentials and clock."""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from botocore.exceptions import ProfileNotFound

from emr_ml.doctor.finding import Finding, bad, good
from emr_ml.launchers.emr.access import trouble_of
from emr_ml.launchers.emr.api import AWS_ERRORS, Api, UnansweredError
from emr_ml.launchers.emr.config.region import region_name
from emr_ml.launchers.emr.spending.prices import QUIET

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
        trouble = trouble_of(error)
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
        trouble = trouble_of(error)
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
