"""What the catalogue shows of assets that belong together."""

from typing import Any

from emr_ml.versions import code_of

OWNERS = ["team:machine-learning"]


def training(*kinds: str) -> dict[str, Any]:
    """Arguments of `dg.asset` that the training pipeline shares."""
    return _shared("training", kinds)


def sales(*kinds: str) -> dict[str, Any]:
    """Arguments of `dg.asset` that the sales pipeline shares."""
    return _shared("sales", kinds)


def code_version(asset: str) -> str:
    """The start of the digest of the asset's Spark code: it changes when the job does."""
    return code_of(asset)[:12]


def _shared(group: str, kinds: tuple[str, ...]) -> dict[str, Any]:
    return {"group_name": group, "owners": OWNERS, "kinds": set(kinds), "tags": {"domain": group}}
