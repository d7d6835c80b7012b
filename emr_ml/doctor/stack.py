"""The checks of the stack that settings are read from, and of what it alone knows."""

from datetime import UTC, datetime, timedelta
from typing import Any

from emr_ml.doctor import aws
from emr_ml.doctor.finding import Finding, bad, good
from emr_ml.launchers.emr.access import trouble_of
from emr_ml.launchers.emr.api import AWS_ERRORS
from emr_ml.launchers.emr.config.region import region_name
from emr_ml.settings import Settings, SettingsError, region_of_stack
from emr_ml.stack import with_stack

SOON = timedelta(weeks=6)


def stack(settings: Settings) -> tuple[Settings | None, Finding]:
    """The settings with what the stack gives, if it is there and whole."""
    try:
        found = with_stack(settings, aws.PATIENCE_SECONDS)
    except SettingsError as error:
        text, _, fix = str(error).partition(": ")
        return None, bad("stack", text, fix)
    return found, good("stack", f"{settings.stack} gives lake {found.lake}")


def certificate(name_of_stack: str) -> Finding | None:
    """How long the nodes' certificate is valid; None if the stack has none."""
    from emr_ml.stack.outputs import describe, outputs_of

    name, region = "certificate", region_of_stack(name_of_stack) or region_name()
    try:
        described = describe(aws.api("cloudformation", region), name_of_stack) or {}
        address = outputs_of(described).get("Certificate")
        if address is None:
            return None
        bucket, _, key = address.removeprefix("s3://").partition("/")
        # it holds a private key, so it can be listed, but not read
        listed = aws.api("s3", region).ask("list_objects_v2", Bucket=bucket, Prefix=key)
    except AWS_ERRORS as error:
        return good(name, f"its age could not be asked ({trouble_of(error).what})")
    return _validity(name, address, listed.get("Contents", []))


def _validity(name: str, address: str, found: list[dict[str, Any]]) -> Finding:
    # cryptography takes a tenth of a second
    from emr_ml.stack.certificate import VALID

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
