"""Upload what nodes need: the code of the jobs, and what is installed before Spark starts.

Each folder in the lake is named by a digest of its content. So it is uploaded once, and files
never change under a running cluster.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path

from emr_ml.errors import UserError
from emr_ml.lake.job_code import JOBS, JobCode, pack
from emr_ml.lake.versions import digest
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

PACKED_PACKAGES = ("spark_jobs", "dagster_pipes")
ARCHIVE, JOB_ARCHIVE = "spark_jobs.zip", "job.zip"
RUN_MODULE = "run_module.py"  # runs the job of any module
SCRIPT = "install_python_packages.sh"

_uploaded: set[str] = set()  # addresses of folders that this process knows to be complete


class PackagesError(UserError):
    """A file that nodes need is missing: the message names it, and what to do."""


@dataclass(frozen=True)
class BootstrapAction:
    """A script on S3 that every node runs before Spark starts."""

    name: str
    path: str
    args: tuple[str, ...]


@dataclass(frozen=True)
class Packages:
    """Addresses that requests to EMR contain.

    Args:
        archive: zip of all modules that jobs import.
        scripts: folder of the jobs' scripts.
        job: zip of a job that is not in `spark_jobs`, or "".
        bootstrap: actions in the order in which nodes run them.
    """

    archive: str
    scripts: str
    bootstrap: tuple[BootstrapAction, ...]
    job: str = ""


@dataclass(frozen=True)
class _Folder:
    """Files that belong together, in a folder of the lake that is named by their content."""

    kind: str
    files: Mapping[str, bytes]

    @property
    def key(self) -> str:
        contents = {name: hashlib.sha256(body).hexdigest() for name, body in self.files.items()}
        return f"{self.kind}/{digest(contents)}"


def planned_packages(
    lake_root: str,
    config: ClusterConfig,
    endpoint: str | None = None,
    code: JobCode | None = None,
) -> Packages:
    """Return the addresses to which `upload_packages` uploads, without calling AWS.

    Args:
        lake_root: root of the lake.
        config: the cluster configuration.
        endpoint: URL of S3 if it is not AWS's own; nodes must use the same store.
        code: of a job that is not in `spark_jobs`.

    Raises:
        PackagesError: the script of a user's bootstrap action can't be read.
    """
    return _plan(lake_root, config, endpoint, code)[0]


def upload_packages(
    lake: Lake, config: ClusterConfig, endpoint: str | None = None, code: JobCode | None = None
) -> Packages:
    """Upload the files that the lake lacks, and return the addresses of all.

    If the lake has them all, this takes one listing per folder, and none for a folder that this
    process knows to be complete.

    Args:
        lake: the lake.
        config: the cluster configuration.
        endpoint: URL of S3 if it is not AWS's own.
        code: of a job that is not in `spark_jobs`.

    Raises:
        PackagesError: the script of a user's bootstrap action can't be read, or the wheelhouse
            must be built first.
    """
    packages, folders = _plan(lake.root, config, endpoint, code)
    if config.packages == "wheelhouse":
        try:
            check_wheelhouse(lake, read_requirements(), config)
        except WheelhouseError as error:
            raise PackagesError(str(error)) from error
    for folder in folders:
        _upload(lake, folder)
    return packages


def job_scripts() -> dict[str, bytes]:
    """Return the scripts in `spark_jobs` that steps can run, by the name of their module."""
    modules = {path.stem: path.read_bytes() for path in sorted(JOBS.glob("*.py"))}
    return {
        name: body
        for name, body in modules.items()
        if b'__name__ == "__main__"' in body and f"{name}.py" != RUN_MODULE
    }


def pack_code() -> bytes:
    """Pack `spark_jobs` and `dagster_pipes` as an importable zip; equal files give equal bytes."""
    return pack({name: body for package in PACKED_PACKAGES for name, body in _sources(package)})


def _plan(
    root: str, config: ClusterConfig, endpoint: str | None, job: JobCode | None
) -> tuple[Packages, list[_Folder]]:
    """Return the addresses, and the folders to upload."""
    root = root.rstrip("/")
    scripts = {f"{name}.py": body for name, body in job_scripts().items()}
    scripts[RUN_MODULE] = (JOBS / RUN_MODULE).read_bytes()
    code = _Folder("code", {ARCHIVE: pack_code(), **scripts})
    install, install_folder = _plan_install_action(root, config, endpoint)
    folders, actions = [code, install_folder], list[BootstrapAction]()
    for action in config.bootstrap_actions:
        path = action.path
        if "://" not in path:
            folder = _Folder("bootstrap", {Path(path).name: _read_script(path, action.name)})
            folders.append(folder)
            path = f"{root}/{folder.key}/{Path(path).name}"
        actions.append(BootstrapAction(action.name, path, tuple(action.args)))
    base = f"{root}/{code.key}"
    # the user's actions run first: they may set up a proxy, a package index or a Python
    packages = Packages(f"{base}/{ARCHIVE}", base, (*actions, install))
    if job:
        # a folder of its own: an edit of one job leaves the code of the others where it is
        job_folder = _Folder("code", {JOB_ARCHIVE: pack(job.files)})
        folders.append(job_folder)
        packages = replace(packages, job=f"{root}/{job_folder.key}/{JOB_ARCHIVE}")
    return packages, folders


def _plan_install_action(
    root: str, config: ClusterConfig, endpoint: str | None
) -> tuple[BootstrapAction, _Folder]:
    """Return the action that installs Python packages, and the folder with its files."""
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


def _sources(package: str) -> Iterator[tuple[str, bytes]]:
    """Yield name and content of each module of a package, without its tests."""
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise PackagesError(f"the package {package} is not installed: run `make setup`")
    folder = Path(spec.origin).parent
    for path in folder.rglob("*.py"):
        name = path.relative_to(folder.parent)
        if path.is_file() and "tests" not in name.parts and not path.name.startswith("."):
            yield name.as_posix(), path.read_bytes()


def _read_script(path: str, action: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise PackagesError(
            f"bootstrap action {action!r}: {path} can't be read ({error.strerror}): "
            "name an existing script, or an s3:// address"
        ) from error


def _upload(lake: Lake, folder: _Folder) -> None:
    address = lake.uri(folder.key)
    if address in _uploaded:
        return
    present = {entry.key for entry in lake.list(f"{folder.key}/")}
    for name, body in folder.files.items():
        key = f"{folder.key}/{name}"
        if key not in present:
            lake.create(key, body)
    _uploaded.add(address)
