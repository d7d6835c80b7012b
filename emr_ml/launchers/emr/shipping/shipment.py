"""Upload what nodes need: the code of the jobs, and what is installed before Spark starts."""

from dataclasses import dataclass
from pathlib import Path

from emr_ml.lake.job_code import JobCode
from emr_ml.launchers.emr.config.model import ClusterConfig
from emr_ml.launchers.emr.shipping.wheelhouse import check_wheelhouse, wheelhouse_key
from emr_ml.launchers.remote.shipping import (
    Folder,
    PackagesError,
    ShippedCode,
    planned_code,
    upload,
)
from emr_ml.launchers.remote.wheels import BOOTSTRAP, REQUIREMENTS, WheelsError, read_requirements
from spark_jobs.runtime.lake import Lake

SCRIPT = "install_python_packages.sh"


@dataclass(frozen=True)
class BootstrapAction:
    """A script on S3 that every node runs before Spark starts."""

    name: str
    path: str
    args: tuple[str, ...]


@dataclass(frozen=True)
class Shipment:
    """Addresses that requests to EMR contain.

    Args:
        code: of the jobs.
        bootstrap: actions in the order in which nodes run them.
    """

    code: ShippedCode
    bootstrap: tuple[BootstrapAction, ...]


def planned_shipment(
    lake_root: str,
    config: ClusterConfig,
    endpoint: str | None = None,
    code: JobCode | None = None,
) -> Shipment:
    """Return the addresses to which `upload_shipment` uploads, without calling AWS.

    Args:
        lake_root: root of the lake.
        config: the cluster configuration.
        endpoint: URL of S3 if it is not AWS's own; nodes must use the same store.
        code: of a job that is not in `spark_jobs`.

    Raises:
        PackagesError: the script of a user's bootstrap action can't be read.
    """
    return _plan(lake_root, config, endpoint, code)[0]


def upload_shipment(
    lake: Lake, config: ClusterConfig, endpoint: str | None = None, code: JobCode | None = None
) -> Shipment:
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
    shipment, folders = _plan(lake.root, config, endpoint, code)
    if config.packages == "wheelhouse":
        try:
            check_wheelhouse(lake, read_requirements(), config)
        except WheelsError as error:
            raise PackagesError(str(error)) from error
    upload(lake, folders)
    return shipment


def _plan(
    root: str, config: ClusterConfig, endpoint: str | None, job: JobCode | None
) -> tuple[Shipment, list[Folder]]:
    """Return the addresses, and the folders to upload."""
    root = root.rstrip("/")
    code = planned_code(root, job)
    install, install_folder = _plan_install_action(root, config, endpoint)
    folders, actions = [*code.folders, install_folder], list[BootstrapAction]()
    for action in config.bootstrap_actions:
        path = action.path
        if "://" not in path:
            folder = Folder("bootstrap", {Path(path).name: _read_script(path, action.name)})
            folders.append(folder)
            path = f"{root}/{folder.key}/{Path(path).name}"
        actions.append(BootstrapAction(action.name, path, tuple(action.args)))
    # the user's actions run first: they may set up a proxy, a package index or a Python
    return Shipment(code, (*actions, install)), folders


def _plan_install_action(
    root: str, config: ClusterConfig, endpoint: str | None
) -> tuple[BootstrapAction, Folder]:
    """Return the action that installs Python packages, and the folder with its files."""
    requirements = read_requirements()
    script = (BOOTSTRAP / SCRIPT).read_bytes()
    folder = Folder("bootstrap", {SCRIPT: script, REQUIREMENTS: requirements})
    wheels = f"{root}/{wheelhouse_key(requirements)}"
    args = [
        f"{root}/{folder.key}/{REQUIREMENTS}",
        wheels if config.packages == "wheelhouse" else "index",
    ]
    args += [f"PYSPARK_PYTHON={config.python}"] if config.python else []
    args += [f"AWS_ENDPOINT_URL={endpoint}"] if endpoint else []
    return BootstrapAction("Python packages", f"{root}/{folder.key}/{SCRIPT}", tuple(args)), folder


def _read_script(path: str, action: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise PackagesError(
            f"bootstrap action {action!r}: {path} can't be read ({error.strerror}): "
            "name an existing script, or an s3:// address"
        ) from error
