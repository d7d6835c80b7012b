"""Versions as users enter them: their first digits."""

import re
from collections.abc import Iterator

from emr_ml.lake.versions import DIGITS
from spark_jobs.runtime.job import JobError
from spark_jobs.runtime.lake import Lake
from spark_jobs.runtime.report import read_report, report_key

MIN_DIGITS = 8  # of the shortest prefix of a version that users may enter
VERSIONS_SHOWN = 10


def complete_version(lake: Lake, asset: str, digits: str) -> str:
    """Return the only committed version of an asset that starts with these digits.

    Raises:
        JobError: there is no such version, or more than one.
    """
    digits = digits.lower()
    if not re.fullmatch(f"[0-9a-f]{{{MIN_DIGITS},{DIGITS}}}", digits):
        raise JobError(
            f"'{digits}' is not a version: enter {MIN_DIGITS} to {DIGITS} of its digits, "
            f"0 to 9 and a to f. {_newest_versions(lake, asset)}"
        )
    versions = list(committed_versions(lake, asset, digits))
    if len(versions) > 1:
        raise JobError(f"'{digits}' may be {' or '.join(versions)}: enter more digits")
    if not versions:
        newest = _newest_versions(lake, asset)
        raise JobError(f"{lake.root} has no version {digits} of {asset}. {newest}")
    return versions[0]


def committed_versions(lake: Lake, asset: str, prefix: str = "") -> Iterator[str]:
    """Yield the committed versions of an asset that start with the prefix."""
    for entry in lake.list(f"{asset}/{prefix}"):
        version, _, name = entry.key.removeprefix(f"{asset}/").partition("/")
        if name == "report.json" and entry.key == report_key(asset, version):
            yield version


def _newest_versions(lake: Lake, asset: str) -> str:
    """Return the newest versions and when they were finished, a line each."""
    committed = (read_report(lake, asset, version) for version in committed_versions(lake, asset))
    reports = [each.report for each in committed if each]
    if not reports:
        return f"There are no versions in {lake.root}: materialize {asset} first"
    reports.sort(key=lambda report: report.finished, reverse=True)
    shown = reports[:VERSIONS_SHOWN]
    lines = [f"{report.version}  {report.finished[:19]}" for report in shown]
    more = [f"and {len(reports) - len(shown)} more"] if len(reports) > len(shown) else []
    return "\n".join(("Its versions are:", *lines, *more))
