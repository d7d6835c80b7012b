"""The version of an asset: a digest of everything that determines it, and nothing else."""

import ast
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.metadata import version as installed
from importlib.util import resolve_name
from pathlib import Path
from typing import Any

import spark_jobs
from spark_jobs.runtime.job import Input

JOBS = Path(spark_jobs.__file__).parent
DIGITS = 32


def digest(value: Mapping[str, Any]) -> str:
    """Return 32 hex digits of SHA-256 over canonical JSON: sorted keys, no blanks, UTF-8."""
    text = json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )
    return hashlib.sha256(text.encode()).hexdigest()[:DIGITS]


def version_of(
    asset: str,
    *,
    code: str,
    contract: Mapping[str, Any],
    params: Mapping[str, Any],
    inputs: Mapping[str, str],
    spark: str,
) -> str:
    """Return the version of an asset that a Spark job computes.

    Args:
        asset: its name.
        code: `code_of(asset)`.
        contract: the fields that the job uses, and no others.
        params: with defaults filled in.
        inputs: versions by asset.
        spark: release of Spark, such as `4.1.1`.
    """
    return digest(
        {
            "asset": asset,
            "code": code,
            "contract": contract,
            "params": params,
            "inputs": inputs,
            "spark": spark,
        }
    )


@dataclass(frozen=True)
class VersionSpec:
    """A version to compute: all that is in a request, except the attempt.

    `incremental_input` names the snapshot whose files are each read only once, into parts; "" if
    all files are read again.
    """

    asset: str
    run_id: str
    inputs: Mapping[str, Input]
    contract: Mapping[str, Any]
    params: Mapping[str, Any]
    code: str
    spark: str
    force: bool = False
    incremental_input: str = ""

    @cached_property
    def version(self) -> str:
        return version_of(
            self.asset,
            code=self.code,
            contract=self.contract,
            params=self.params,
            inputs={name: each.version for name, each in self.inputs.items()},
            spark=self.spark,
        )


def local_spark() -> str:
    """Return the release of the installed pyspark, without importing it."""
    return installed("pyspark")


@cache
def code_of(job: str, folder: Path = JOBS) -> str:
    """Return a digest of the job's module and those of its package that it imports, transitively.

    Imports below `if __name__ == "__main__":` are not followed: they start a job, but do not
    determine what it computes.
    """
    digests: dict[str, str] = {}
    queue = [f"{folder.name}.{job}"]
    while queue:
        module = queue.pop()
        path = _path(folder, module)
        if module in digests or path is None:
            continue
        source = path.read_bytes()
        digests[module] = hashlib.sha256(source).hexdigest()
        package = module if path.name == "__init__.py" else module.rpartition(".")[0]
        queue += _imports(ast.parse(source), folder.name, package)
    return digest(digests)


def _path(folder: Path, module: str) -> Path | None:
    base = folder.parent.joinpath(*module.split("."))
    return next((p for p in (base.with_suffix(".py"), base / "__init__.py") if p.is_file()), None)


def _imports(tree: ast.Module, root: str, package: str) -> Iterator[str]:
    """Yield the modules below `root` that a module of `package` imports."""
    for statement in tree.body:
        if isinstance(statement, ast.If) and "__main__" in ast.unparse(statement.test):
            continue
        for node in ast.walk(statement):
            names: list[str] = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                origin = resolve_name("." * node.level + (node.module or ""), package)
                # `from package import module` imports a module, too
                names = [origin, *(f"{origin}.{alias.name}" for alias in node.names)]
            yield from (name for name in names if name.split(".")[0] == root)
