"""The version of an asset: a digest of everything that determines it, and of nothing else."""

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
    """32 hex digits of SHA-256 over canonical JSON: sorted keys, no blanks, UTF-8."""
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
    """The version of a Spark-made asset.

    Args:
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
    """A version that is wanted: all that a request has, but for the attempt.

    `batches` names the snapshot whose files are read once, in parts; "" if all are read anew.
    """

    asset: str
    run_id: str
    inputs: Mapping[str, Input]
    contract: Mapping[str, Any]
    params: Mapping[str, Any]
    code: str
    spark: str
    force: bool = False
    batches: str = ""

    @cached_property
    def version(self) -> str:
        return version_of(
            self.asset,
            code=self.code,
            contract=self.contract,
            params=self.params,
            inputs={name: given.version for name, given in self.inputs.items()},
            spark=self.spark,
        )


def local_spark() -> str:
    """The release of the installed pyspark, found without importing it."""
    return installed("pyspark")


@cache
def code_of(job: str, folder: Path = JOBS) -> str:
    """SHA-256 over the job's module and those of its package that it imports, transitively.

    What stands below `if __name__ == "__main__":` says how a job is started, not what it
    computes, so it is not followed.
    """
    found: dict[str, str] = {}
    waiting = [f"{folder.name}.{job}"]
    while waiting:
        module = waiting.pop()
        path = _path(folder, module)
        if module in found or path is None:
            continue
        source = path.read_bytes()
        found[module] = hashlib.sha256(source).hexdigest()
        here = module if path.name == "__init__.py" else module.rpartition(".")[0]
        waiting += _imports(ast.parse(source), folder.name, here)
    return digest(found)


def _path(folder: Path, module: str) -> Path | None:
    base = folder.parent.joinpath(*module.split("."))
    return next((p for p in (base.with_suffix(".py"), base / "__init__.py") if p.is_file()), None)


def _imports(tree: ast.Module, package: str, here: str) -> Iterator[str]:
    """Modules of the package that a module imports; `here` is what its `from .` means."""
    for statement in tree.body:
        if isinstance(statement, ast.If) and "__main__" in ast.unparse(statement.test):
            continue
        for node in ast.walk(statement):
            names: list[str] = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                origin = resolve_name("." * node.level + (node.module or ""), here)
                # `from package import module` names a module too
                names = [origin, *(f"{origin}.{alias.name}" for alias in node.names)]
            yield from (name for name in names if name.split(".")[0] == package)
