"""What nodes are given: the code of the jobs, and what is installed before Spark starts.

Everything lies in the lake in folders that are named by their content, so it is uploaded once,
and a cluster that runs is never given another thing under the same name.
"""

import hashlib
import io
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from emr_ml.errors import UserError
from emr_ml.lake.versions import JOBS, digest
from emr_ml.launchers.emr.config.model import ClusterConfig
from emr_ml.launchers.emr.shipping.wheels import (
    BOOTSTRAP,
    REQUIREMENTS,
    WheelhouseError,
    check_wheelhouse,
    read_requirements,
    wheelhouse_key,
)
from spark_jobs.runtime.lake import Lake

PACKED = ("spark_jobs", "dagster_pipes")
ARCHIVE = "spark_jobs.zip"
SCRIPT = "install_python_packages.sh"
LONG_AGO = (1980, 1, 1, 0, 0, 0)  # the first moment that a zip can tell

_uploaded: set[str] = set()  # addresses of folders that this process has seen complete


class PackagesError(UserError):
    """What nodes need can't be given to them: why, and what to do."""


@dataclass(frozen=True)
class BootstrapAction:
    """A script in S3 that every node runs before Spark starts."""

    name: str
    path: str
    args: tuple[str, ...]


@dataclass(frozen=True)
class Packages:
    """Where everything lies that clusters and steps name; `scripts` is a folder."""

    archive: str
    scripts: str
    bootstrap: tuple[BootstrapAction, ...]


@dataclass(frozen=True)
class _Folder:
    """Files that belong together, in a folder of the lake named by their content."""

    kind: str
    files: Mapping[str, bytes]

    @property
    def key(self) -> str:
        contents = {name: hashlib.sha256(body).hexdigest() for name, body in self.files.items()}
        return f"{self.kind}/{digest(contents)}"


def planned_packages(
    lake_root: str, config: ClusterConfig, endpoint: str | None = None
) -> Packages:
    """Where everything will lie, found without asking AWS.

    Args:
        endpoint: of S3, if it is not Amazon's: nodes must reach the same store.

    Raises:
        PackagesError: a file of the user's bootstrap actions can't be read.
    """
    return _planned(lake_root, config, endpoint)[0]


def upload_packages(lake: Lake, config: ClusterConfig, endpoint: str | None = None) -> Packages:
    """Upload what is not there yet; all that the answer names can be read.

    Where all is there, this is one listing for each folder; a folder that this process has seen
    complete is not looked at again.

    Raises:
        PackagesError: a file of the user's bootstrap actions can't be read, or the wheelhouse is
            to be built first.
    """
    packages, folders = _planned(lake.root, config, endpoint)
    if config.packages == "wheelhouse":
        try:
            check_wheelhouse(lake, read_requirements(), config)
        except WheelhouseError as error:
            raise PackagesError(str(error)) from error
    for folder in folders:
        _upload(lake, folder)
    return packages


def pack_code() -> bytes:
    """`spark_jobs` and `dagster_pipes` as a zip to import from: equal files, equal bytes."""
    sources = {name: body for package in PACKED for name, body in _sources(package)}
    packed = io.BytesIO()
    # stored: what compression makes of a file differs between releases of zlib
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        for name, body in sorted(sources.items()):
            entry = zipfile.ZipInfo(name, LONG_AGO)
            entry.create_system = 3  # Unix, on whatever machine it is packed
            entry.external_attr = 0o100644 << 16
            archive.writestr(entry, body)
    return packed.getvalue()


def _sources(package: str) -> Iterator[tuple[str, bytes]]:
    found = find_spec(package)
    if found is None or found.origin is None:
        raise PackagesError(f"the package {package} is not installed: run `make setup`")
    folder = Path(found.origin).parent
    for path in folder.rglob("*.py"):
        name = path.relative_to(folder.parent)
        if path.is_file() and "tests" not in name.parts and not path.name.startswith("."):
            yield name.as_posix(), path.read_bytes()


def job_scripts() -> dict[str, bytes]:
    """The scripts that a step can run, by asset, found without loading the definitions."""
    modules = {path.stem: path.read_bytes() for path in sorted(JOBS.glob("*.py"))}
    return {name: body for name, body in modules.items() if b'__name__ == "__main__"' in body}


def _planned(
    root: str, config: ClusterConfig, endpoint: str | None
) -> tuple[Packages, list[_Folder]]:
    root = root.rstrip("/")
    scripts = {f"{asset}.py": body for asset, body in job_scripts().items()}
    code = _Folder("code", {ARCHIVE: pack_code(), **scripts})
    ours, installed = _ours(root, config, endpoint)
    folders, actions = [code, installed], list[BootstrapAction]()
    for action in config.bootstrap_actions:
        path = action.path
        if "://" not in path:
            folder = _Folder("bootstrap", {Path(path).name: _read(path, action.name)})
            folders.append(folder)
            path = f"{root}/{folder.key}/{Path(path).name}"
        actions.append(BootstrapAction(action.name, path, tuple(action.args)))
    base = f"{root}/{code.key}"
    # the user's come first: they may bring a proxy, an index or a Python
    return Packages(f"{base}/{ARCHIVE}", base, (*actions, ours)), folders


def _ours(
    root: str, config: ClusterConfig, endpoint: str | None
) -> tuple[BootstrapAction, _Folder]:
    requirements = read_requirements()
    script = (BOOTSTRAP / SCRIPT).read_bytes()
    folder = _Folder("bootstrap", {SCRIPT: script, REQUIREMENTS: requirements})
    wheels = f"{root}/{wheelhouse_key(requirements)}"
    args = [
        f"{root}/{folder.key}/{REQUIREMENTS}",
        wheels if config.packages == "wheelhouse" else "index",
    ]
    args += [f"PYSPARK_PYTHON={config.python}"] if config.python else []
    args += [f"AWS_ENDPOINT_URL={endpoint}"] if endpoint else []
    return BootstrapAction("Python packages", f"{root}/{folder.key}/{SCRIPT}", tuple(args)), folder


def _read(path: str, action: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise PackagesError(
            f"bootstrap action {action!r}: {path} can't be read ({error.strerror}): "
            "name a script that is there, or an s3:// address"
        ) from error


def _upload(lake: Lake, folder: _Folder) -> None:
    address = lake.uri(folder.key)
    if address in _uploaded:
        return
    there = {entry.key for entry in lake.list(f"{folder.key}/")}
    for name, body in folder.files.items():
        key = f"{folder.key}/{name}"
        if key not in there:
            lake.create(key, body)
    _uploaded.add(address)
