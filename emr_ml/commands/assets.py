"""Assets and versions as users name them: `lr_model`, `shop/lr_model`, `lr_model/8f5568`."""

import re

from emr_ml.errors import UserError
from emr_ml.history.committed import committed_versions, newest_reports, stored_versions
from emr_ml.history.lineage import Place
from emr_ml.lake.champion import MODEL, NO_CHAMPION, read_champion
from emr_ml.lake.current import current_version, missing_reason
from emr_ml.lake.versions import DIGITS
from emr_ml.wording import did_you_mean, join_first
from spark_jobs.runtime.job import JobError
from spark_jobs.runtime.lake import Lake

CHAMPION = "champion_model"  # which is a version of `lr_model`
KEY = re.compile(r"[\w.-]+(/[\w.-]+)*")
DIGITS_ONLY = re.compile(f"[0-9a-fA-F]{{1,{DIGITS}}}")
MIN_DIGITS = 6  # of the shortest prefix of a version that users may enter
VERSIONS_LISTED = 10
MANY = 20


def find_place(lake: Lake, key: str) -> Place:
    """Return where an asset's versions are.

    Raises:
        UserError: the lake has nothing of that asset.
    """
    if not KEY.fullmatch(key.strip("/")) or ".." in key:
        raise UserError(
            f"'{key}' is not the key of an asset", fix="enter it as Dagster shows it: lr_model"
        )
    place = Place.of(lake, key)
    if next(place.lake.list(f"{place.asset}/"), None) is not None:
        return place
    if next(lake.list(""), None) is None:
        raise UserError(
            f"the lake {lake.root} is empty",
            fix="fill it with `emr-ml run`, or set EMR_ML_LAKE to the lake that you mean",
        )
    known = project_assets()
    if place.key in known:
        raise UserError(missing_reason(place.lake, place.asset))
    hint = did_you_mean(place.key, known) or f": the project has {join_first(known, MANY)}"
    raise UserError(f"there is no asset {place.key} in {lake.root}{hint}")


def project_assets() -> list[str]:
    """Return the key of each asset of the project, with slashes.

    Raises:
        UserError: the definitions can't be loaded.
    """
    from emr_ml.assets.catalogue import assets_of, metadata_of
    from emr_ml.project import load_project_definitions

    keys = metadata_of(assets_of(load_project_definitions()))
    return sorted("/".join(key.path) for key, _ in keys)


def with_versions(place: Place) -> Place:
    """Return the asset that has the versions of this one: those of the champion are models."""
    return place.of_input(MODEL) if place.asset == CHAMPION else place


def find_version(place: Place, digits: str | None) -> tuple[Place, str]:
    """Return an asset with the only version that starts with the digits, or its current one.

    The champion is a version of `lr_model`, so that is the asset which is returned for it.

    Raises:
        JobError: there is no such version, or more than one.
    """
    if digits:
        place = with_versions(place)
    lake, asset = place.lake, place.asset
    if digits:
        digits = _check_digits(lake, asset, digits)
        found = list(stored_versions(lake, asset, digits))
        return place, _only_version(lake, asset, digits, found)
    if asset == CHAMPION:
        champion = read_champion(lake)
        if champion is None:
            raise JobError(NO_CHAMPION)
        return place.of_input(MODEL), champion.version
    return place, current_version(lake, asset)


def find_named(lake: Lake, text: str) -> tuple[Place, str]:
    """Return the asset and the version that a text names.

    Args:
        lake: all of it.
        text: first digits of a version; after an asset and a slash if several assets have such a
            version; or an asset, for its current version.

    Raises:
        UserError: it names nothing, or more than one version.
    """
    key, _, last = text.rpartition("/")
    if not DIGITS_ONLY.fullmatch(last):
        return find_version(find_place(lake, text), None)
    if key:
        return find_version(find_place(lake, key), last)
    if len(last) < MIN_DIGITS:
        raise UserError(
            f"'{text}' has too few digits",
            fix=f"enter at least {MIN_DIGITS} of the first digits of a version",
        )
    found = [
        (place, version)
        for place in (Place.of(lake, each) for each in project_assets())
        for version in stored_versions(place.lake, place.asset, last.lower())
    ]
    if len(found) > 1:
        named = " or ".join(f"{place.key}/{version}" for place, version in found)
        raise UserError(f"'{text}' may be {named}", fix="enter one of them, or its first digits")
    if not found:
        raise UserError(
            f"{lake.root} has no version that starts with {text}",
            fix="list those of an asset with `emr-ml versions ASSET`",
        )
    return found[0]


def full_version(lake: Lake, asset: str, digits: str) -> str:
    """Return the only committed version of an asset that starts with these digits.

    Raises:
        JobError: there is no such version, or more than one.
    """
    digits = _check_digits(lake, asset, digits)
    return _only_version(lake, asset, digits, list(committed_versions(lake, asset, digits)))


def _check_digits(lake: Lake, asset: str, digits: str) -> str:
    """Return the first digits of a version in lower case.

    Raises:
        JobError: they are too few, or no digits.
    """
    digits = digits.lower()
    if not re.fullmatch(f"[0-9a-f]{{{MIN_DIGITS},{DIGITS}}}", digits):
        raise JobError(
            f"'{digits}' is not a version: enter {MIN_DIGITS} to {DIGITS} of its digits, "
            f"0 to 9 and a to f. {_newest_versions(lake, asset)}"
        )
    return digits


def _only_version(lake: Lake, asset: str, digits: str, found: list[str]) -> str:
    """Return the only one of the versions that start with these digits.

    Raises:
        JobError: there is none, or more than one.
    """
    if len(found) > 1:
        raise JobError(f"'{digits}' may be {' or '.join(found)}: enter more digits")
    if not found:
        newest = _newest_versions(lake, asset)
        raise JobError(f"{lake.root} has no version {digits} of {asset}. {newest}")
    return found[0]


def _newest_versions(lake: Lake, asset: str) -> str:
    """Return the newest versions and when they were finished, a line each."""
    reports = newest_reports(lake, asset)
    if not reports:
        return f"There are no versions in {lake.root}: materialize {asset} first"
    shown = reports[:VERSIONS_LISTED]
    lines = [f"{report.version}  {report.finished[:19]}" for report in shown]
    more = [f"and {len(reports) - len(shown)} more"] if len(reports) > len(shown) else []
    return "\n".join(("Its versions are:", *lines, *more))
