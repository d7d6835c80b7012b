"""What the shell completes: assets and versions of a lake in a folder.

A lake in S3 would be asked at each press of a key, so nothing of it is completed.
"""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import click

from emr_ml.errors import UserError
from emr_ml.lake.versions import VERSION
from emr_ml.settings import load_settings

MAX_DEPTH = 3  # of the folders of pipelines with a prefix


def complete_asset(
    ctx: click.Context,  # noqa: ARG001 - click's signature
    param: click.Parameter,  # noqa: ARG001 - as above
    incomplete: str,
) -> list[str]:
    """Return the keys of the assets of the lake that start so."""
    with suppress(UserError, OSError):
        lake = _folder()
        if lake:
            found = (path.as_posix() for path in _assets(lake, lake, MAX_DEPTH))
            return sorted(key for key in found if key.startswith(incomplete))
    return []


def complete_version(
    ctx: click.Context,
    param: click.Parameter,  # noqa: ARG001 - click's signature
    incomplete: str,
) -> list[str]:
    """Return the versions of the asset before that start so."""
    with suppress(UserError, OSError):
        lake, asset = _folder(), ctx.params.get("asset")
        if lake and asset:
            names = [path.name for path in _folders(lake / asset) if VERSION.fullmatch(path.name)]
            return sorted(name for name in names if name.startswith(incomplete.lower()))
    return []


def _folder() -> Path | None:
    lake = load_settings().lake
    return None if lake.startswith("s3://") else Path(lake)


def _assets(lake: Path, folder: Path, depth: int) -> Iterator[Path]:
    """Yield the folders of assets, which are those that have versions in them."""
    for path in _folders(folder):
        inner = [each for each in _folders(path) if VERSION.fullmatch(each.name)]
        if inner:
            yield path.relative_to(lake)
        elif depth > 1:
            yield from _assets(lake, path, depth - 1)


def _folders(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if path.is_dir()]
