"""The Python packages of jobs as one archive in the lake, from wheels for the release's Python.

Spark unpacks the archive into the working directory of driver and executors, where PYTHONPATH
names it. That is enough: the release has the interpreter, and wheels are folders that only need to
be on its path. An environment with an interpreter of its own would have to be built on Amazon
Linux; wheels are chosen by Python, architecture and C library, on any machine.
"""

import tempfile
import zipfile
from pathlib import Path
from typing import Protocol

from emr_ml.lake.job_code import ZIP_EPOCH
from emr_ml.lake.versions import digest
from emr_ml.launchers.remote.endpoint import Endpoint
from emr_ml.launchers.remote.shipping import PackagesError
from emr_ml.launchers.remote.wheels import (
    RELEASE_PYTHON,
    Platform,
    WheelsError,
    download,
    read_requirements,
)
from spark_jobs.runtime.content import content_of
from spark_jobs.runtime.lake import Lake

ARCHIVE = "packages.zip"
PACKAGES_FOLDER = "emr_ml_packages"  # in the working directory of driver and executors
FORMAT = 1  # of the archive: a change gives new addresses
# parts of a wheel's `.data` folder that belong on the path; scripts and headers do not
ON_THE_PATH = ("purelib", "platlib")

_uploaded: set[str] = set()  # addresses that this process knows to be there


class Packaged(Protocol):
    """What the configuration of a target says of packages.

    `packages` is `archive`, or `image` if the Python of workers has them; `arch` is that of wheels.
    """

    @property
    def packages(self) -> str: ...

    @property
    def arch(self) -> str: ...


def packages_key(config: Packaged) -> str:
    """Return the key of the archive, or "" if the packages are in an image.

    It follows from the requirements, which pin the hash of each wheel, and from the platform.
    """
    if config.packages == "image":
        return ""
    wanted = {
        "requirements": read_requirements().decode(),
        "platform": _platform(config).folder,
        "format": FORMAT,
    }
    return f"packages/{digest(wanted)}/{ARCHIVE}"


def planned_archive(lake_root: str, config: Packaged) -> str:
    """Return the address to which `upload_archive` uploads, without calling AWS."""
    key = packages_key(config)
    return f"{lake_root.rstrip('/')}/{key}" if key else ""


def upload_archive(lake: Lake, config: Packaged) -> str:
    """Build the archive and upload it unless the lake has it; return its address, or "".

    Raises:
        PackagesError: the wheels can't be downloaded.
    """
    key = packages_key(config)
    if not key:
        return ""
    address = lake.uri(key)
    if address not in _uploaded and not any(entry.key == key for entry in lake.list(key)):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            try:
                wheels = download(read_requirements(), _platform(config), folder)
            except WheelsError as error:
                raise PackagesError(
                    f"the Python packages of jobs can't be downloaded: {error.problem}",
                    fix="this is needed once for each lake and release; a custom image with the "
                    "packages needs none: set `image`",
                ) from error
            archive = folder / ARCHIVE
            merge(wheels, archive)
            lake.upload(archive, key, content_of(archive))
    _uploaded.add(address)
    return address


def environment_conf(packages: str, endpoint: Endpoint, driver_variable: str) -> dict[str, str]:
    """Return Spark's properties for the packages and the variables of driver and executors.

    Args:
        packages: address of the archive, or "" if an image has them.
        endpoint: where jobs reach the lake.
        driver_variable: beginning of the properties that are variables of the driver.
    """
    conf: dict[str, str] = {}
    variables = dict(endpoint.variables)
    if packages:
        variables["PYTHONPATH"] = f"./{PACKAGES_FOLDER}"
        conf["spark.archives"] = f"{packages}#{PACKAGES_FOLDER}"
        conf["spark.executorEnv.PYTHONPATH"] = variables["PYTHONPATH"]
    conf |= {f"{driver_variable}{name}": value for name, value in variables.items()}
    return conf | endpoint.spark_conf


def merge(wheels: list[Path], archive: Path) -> None:
    """Write one archive with the files of all wheels, as `pip install --target` lays them out."""
    with zipfile.ZipFile(archive, "w") as merged:
        for wheel in wheels:
            with zipfile.ZipFile(wheel) as source:
                for entry in source.infolist():
                    name = _installed_name(entry.filename)
                    if name and not entry.is_dir():
                        merged.writestr(_entry(name), source.read(entry))


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, ZIP_EPOCH)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.create_system = 3  # Unix, whatever machine packs it
    entry.external_attr = 0o100644 << 16
    return entry


def _installed_name(name: str) -> str:
    """Return where a wheel's file belongs below the path, or "" if it does not belong there."""
    top, _, rest = name.partition("/")
    if not top.endswith(".data"):
        return name
    part, _, inner = rest.partition("/")
    return inner if part in ON_THE_PATH else ""


def _platform(config: Packaged) -> Platform:
    return Platform(RELEASE_PYTHON, config.arch)
