"""The version of an asset: a digest of everything that determines it, and of nothing else."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

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
