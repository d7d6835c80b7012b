"""What the catalogue shows of assets that belong together."""

from typing import TypedDict

from emr_ml.versions import code_of

OWNERS = ["team:machine-learning"]


class Catalogue(TypedDict):
    """Arguments of `dg.asset` that a pipeline's assets share."""

    group_name: str
    owners: list[str]
    tags: dict[str, str]


TRAINING = Catalogue(group_name="training", owners=OWNERS, tags={"domain": "training"})
SALES = Catalogue(group_name="sales", owners=OWNERS, tags={"domain": "sales"})


def code_version(asset: str) -> str:
    """The start of the digest of the asset's Spark code: it changes when the job does."""
    return code_of(asset)[:12]
