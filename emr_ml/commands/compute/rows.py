"""What the modules of this command share: a row of JSON, and a client of a service of AWS."""

import logging
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from emr_ml.aws import time_limits

if TYPE_CHECKING:
    from emr_ml.aws.client import Api

Row = dict[str, Any]


def service_api(service: str) -> "tuple[Api, str]":
    """Return a client of the service, and the configured region.

    Raises:
        NoRegionError: none is configured.
    """
    # these imports take a second, and other commands need none of them
    from botocore.exceptions import NoRegionError

    from emr_ml.aws.client import Api
    from emr_ml.aws.region import region_name

    region = region_name()
    if region is None:
        raise NoRegionError
    return Api(service, time_limits.COMMAND, logging.getLogger("emr_ml"), region), region


def iso_time(moment: datetime) -> str:
    """Return a moment in UTC to the second, by ISO 8601."""
    return moment.astimezone(UTC).isoformat(timespec="seconds")
