"""The version of an asset: a digest of everything that determines it, and nothing else."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version as installed
from typing import Any

from spark_jobs.runtime.job import Input

DIGITS = 32
VERSION = re.compile(f"[0-9a-f]{{{DIGITS}}}")
DATA_VERSION = "dagster/data_version"  # Dagster's tag that has it
SHORT_DIGITS = 8  # as people are shown a version; commands accept them


def digest(value: Mapping[str, Any]) -> str:
    """Return 32 hex digits of SHA-256 over canonical JSON: sorted keys, no blanks, UTF-8."""
    text = json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )
    return hashlib.sha256(text.encode()).hexdigest()[:DIGITS]


def short(version: str) -> str:
    """Return the first digits of a version, as messages and pages show it."""
    return version[:SHORT_DIGITS]


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
    all files are read again. `module` is that of the job; "" for that of the asset's name in
    `spark_jobs`. `same_as` is a version of another asset with the same data and figures.
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
    module: str = ""
    same_as: "VersionSpec | None" = None

    @property
    def job_module(self) -> str:
        return self.module or f"spark_jobs.{self.asset}"

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
