"""Ship code to where jobs run: packed once, and uploaded by content.

Each folder in the lake is named by a digest of its content. So it is uploaded once, and files
never change under a running job.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from emr_ml.errors import UserError
from emr_ml.lake.job_code import JOBS, JobCode, pack
from emr_ml.lake.versions import digest
from spark_jobs.runtime.lake import Lake

PACKED_PACKAGES = ("spark_jobs", "dagster_pipes")
ARCHIVE, JOB_ARCHIVE = "spark_jobs.zip", "job.zip"
RUN_MODULE = "run_module.py"  # runs the job of any module

_uploaded: set[str] = set()  # addresses of folders that this process knows to be complete


class PackagesError(UserError):
    """A file that jobs need is missing: the message names it, and what to do."""


@dataclass(frozen=True)
class Folder:
    """Files that belong together, in a folder of the lake that is named by their content."""

    kind: str
    files: Mapping[str, bytes]

    @property
    def key(self) -> str:
        contents = {name: hashlib.sha256(body).hexdigest() for name, body in self.files.items()}
        return f"{self.kind}/{digest(contents)}"


@dataclass(frozen=True)
class ShippedCode:
    """Addresses of the code in the lake.

    Args:
        archive: zip of all modules that jobs import.
        scripts: folder of the jobs' scripts.
        job: zip of a job that is not in `spark_jobs`, or "".
        folders: what has to be uploaded.
    """

    archive: str
    scripts: str
    job: str
    folders: tuple[Folder, ...]

    @property
    def archives(self) -> str:
        """The value of `--py-files`."""
        return ",".join(filter(None, (self.archive, self.job)))

    def entry_point(self, module: str) -> tuple[str, tuple[str, ...]]:
        """Return the script that runs a job, and its arguments before the request's address."""
        if self.job:
            return f"{self.scripts}/{RUN_MODULE}", (module,)
        return f"{self.scripts}/{module.rpartition('.')[2]}.py", ()


def planned_code(lake_root: str, job: JobCode | None = None) -> ShippedCode:
    """Return the addresses to which `upload` uploads, without calling AWS.

    Args:
        lake_root: root of the lake.
        job: the code of a job that is not in `spark_jobs`.
    """
    root = lake_root.rstrip("/")
    scripts = {f"{name}.py": body for name, body in job_scripts().items()}
    scripts[RUN_MODULE] = (JOBS / RUN_MODULE).read_bytes()
    code = Folder("code", {ARCHIVE: pack_code(), **scripts})
    base = f"{root}/{code.key}"
    if job is None:
        return ShippedCode(f"{base}/{ARCHIVE}", base, "", (code,))
    # a folder of its own: an edit of one job leaves the code of the others where it is
    own = Folder("code", {JOB_ARCHIVE: pack(job.files)})
    return ShippedCode(f"{base}/{ARCHIVE}", base, f"{root}/{own.key}/{JOB_ARCHIVE}", (code, own))


def upload(lake: Lake, folders: Iterable[Folder]) -> None:
    """Upload the files that the lake lacks.

    This takes one listing for each folder, and none for one that this process knows to be
    complete.
    """
    for folder in folders:
        address = lake.uri(folder.key)
        if address in _uploaded:
            continue
        present = {entry.key for entry in lake.list(f"{folder.key}/")}
        for name, body in folder.files.items():
            key = f"{folder.key}/{name}"
            if key not in present:
                lake.create(key, body)
        _uploaded.add(address)


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
