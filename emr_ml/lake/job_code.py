"""The code of a Spark job: its module, and what this imports from its package, transitively."""

import ast
import hashlib
import io
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.machinery import PathFinder
from importlib.util import resolve_name
from pathlib import Path

import spark_jobs
from emr_ml.errors import UserError
from emr_ml.lake.versions import digest
from spark_jobs.runtime.execution import SCRIPT

JOBS = Path(spark_jobs.__file__).parent
ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time in a zip
LEAST_SPARK = 4  # of the jobs in `spark_jobs`, which use functions such as `Column.try_cast`


class JobCodeError(UserError):
    """There is no such module, or its code can't be read."""


@dataclass(frozen=True)
class JobCode:
    """The modules that make up a job.

    Args:
        module: name of the job's module, such as `shop.jobs.baskets`.
        modules: path below the folder of the package and content of each module, by name.
    """

    module: str
    modules: dict[str, tuple[str, bytes]]

    @cached_property
    def digest(self) -> str:
        """32 hex digits that change whenever one of the modules does."""
        return digest(self.hashes)

    @property
    def hashes(self) -> dict[str, str]:
        """The SHA-256 of each module, by its name."""
        return {name: hashlib.sha256(body).hexdigest() for name, (_, body) in self.modules.items()}

    @property
    def files(self) -> dict[str, bytes]:
        """The content of each file, by its path below the folder of the package."""
        return dict(self.modules.values())


@cache
def job_code(module: str, folder: Path | None = None) -> JobCode:
    """Read the code of a job without importing it.

    Imports below `if __name__ == "__main__":` are not followed: they start a job, but do not
    determine what it computes.

    Args:
        module: its full name.
        folder: that contains its package; by default, it is searched for as an import would.

    Raises:
        JobCodeError: there is no such module.
    """
    module = module.removeprefix(SCRIPT)
    package = module.partition(".")[0]
    folder = folder or _folder_of(package)
    if folder is None or _path(folder, module) is None:
        raise JobCodeError(
            f"there is no module {module} with a Spark job",
            fix=f"correct the name, or install its package, {package}, in this environment",
        )
    modules: dict[str, tuple[str, bytes]] = {}
    queue = [module]
    while queue:
        name = queue.pop()
        path = _path(folder, name)
        if name in modules or path is None:
            continue
        source = path.read_bytes()
        modules[name] = (path.relative_to(folder).as_posix(), source)
        parent = name.rpartition(".")[0]
        queue += _imports(source, path, name if path.stem == "__init__" else parent)
        # the packages of spark_jobs are empty, and were never part of a version
        if package != JOBS.name and parent:
            queue.append(parent)
    return JobCode(module, modules)


def pack(files: Mapping[str, bytes]) -> bytes:
    """Pack files as an importable zip; equal files give equal bytes."""
    packed = io.BytesIO()
    # not compressed, because releases of zlib compress differently
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        for name, body in sorted(files.items()):
            entry = zipfile.ZipInfo(name, ZIP_EPOCH)
            entry.create_system = 3  # Unix, whatever machine packs it
            entry.external_attr = 0o100644 << 16
            archive.writestr(entry, body)
    return packed.getvalue()


def code_to_ship(module: str) -> JobCode | None:
    """Return the code of a job, or None for one in `spark_jobs`, which is shipped in any case.

    Raises:
        JobCodeError: there is no such module.
    """
    return None if _is_ours(module) else job_code(module.removeprefix(SCRIPT))


def is_new_enough(spark: str) -> bool:
    """Return whether a release of Spark, such as `4.1.1`, runs the jobs in `spark_jobs`."""
    return int(spark.partition(".")[0]) >= LEAST_SPARK


def needing_newer(spark: str, modules: Mapping[str, str]) -> list[str]:
    """Return the paths of the assets whose jobs need a newer Spark.

    Args:
        spark: the release of Spark, such as `4.1.1`.
        modules: the module of each job, by the path of its asset.
    """
    if is_new_enough(spark):
        return []
    return [asset for asset, module in modules.items() if _is_ours(module)]


def _is_ours(module: str) -> bool:
    return module.removeprefix(SCRIPT).startswith(f"{JOBS.name}.")


def module_of(job: str) -> str:
    """Return the full name of the module of a job in `spark_jobs`."""
    return f"{JOBS.name}.{job}"


def code_of(job: str) -> str:
    """Return the digest of the code of a job in `spark_jobs`."""
    return job_code(module_of(job)).digest


def _folder_of(package: str) -> Path | None:
    """Return the folder that contains a package, without importing it."""
    if package == JOBS.name:
        return JOBS.parent
    spec = PathFinder.find_spec(package)
    places = [*(spec.submodule_search_locations or ())] if spec else []
    return Path(places[0]).parent if places else None


def _parse(source: bytes, path: Path) -> ast.Module:
    try:
        return ast.parse(source)
    except SyntaxError as error:
        raise JobCodeError(
            f"{path}:{error.lineno}: {error.msg}", fix="correct the code of the job"
        ) from error


def _path(folder: Path, module: str) -> Path | None:
    base = folder.joinpath(*module.split("."))
    return next((p for p in (base.with_suffix(".py"), base / "__init__.py") if p.is_file()), None)


@cache
def _imports(source: bytes, path: Path, package: str) -> tuple[str, ...]:
    """Return the modules of the same top-level package that a module of `package` imports.

    Jobs share most of their modules, and parsing takes most of the time.
    """
    root = package.partition(".")[0]
    return tuple(_imported(_parse(source, path), root, package))


def _imported(tree: ast.Module, root: str, package: str) -> Iterator[str]:
    for statement in tree.body:
        if isinstance(statement, ast.If) and "__main__" in ast.unparse(statement.test):
            continue
        for node in _with_inner([statement]):
            names: list[str] = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                origin = resolve_name("." * node.level + (node.module or ""), package)
                # `from package import module` imports a module, too
                names = [origin, *(f"{origin}.{alias.name}" for alias in node.names)]
            yield from (name for name in names if name.split(".")[0] == root)


def _with_inner(statements: Sequence[ast.AST]) -> Iterator[ast.AST]:
    """Return the statements with those inside; no expression contains an import."""
    for statement in statements:
        yield statement
        for block in ("body", "orelse", "finalbody", "handlers", "cases"):
            yield from _with_inner(getattr(statement, block, ()))
