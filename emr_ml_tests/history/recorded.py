"""Runs in a history: computed, reused, failed and refused."""

from typing import Any

import dagster as dg

VERSION = "1a" * 16


class Switches(dg.Config):
    reused: bool = False
    fails: bool = False
    refused: bool = False


@dg.asset
def raw_csv_s3(config: Switches) -> dg.MaterializeResult:
    if config.fails:
        raise dg.Failure("there is nothing at /nowhere: check the path\nsecond line")
    return dg.MaterializeResult(
        metadata={"reused": config.reused, "cost_usd": 0.25}, data_version=dg.DataVersion(VERSION)
    )


@dg.asset(deps=[raw_csv_s3])
def broken() -> None:
    raise RuntimeError("nobody expected this")


@dg.asset(check_specs=[dg.AssetCheckSpec("enough_rows", asset="lr_model", blocking=True)])
def lr_model(config: Switches) -> dg.MaterializeResult:
    check = dg.AssetCheckResult(
        passed=not config.refused, check_name="enough_rows", description="3 rows, 10 are needed"
    )
    return dg.MaterializeResult(
        metadata={"reused": config.reused, "cost_usd": 1.5, "cost_note": "at list prices"},
        data_version=dg.DataVersion(VERSION),
        check_results=[check],
    )


def run(instance: dg.DagsterInstance, *assets: dg.AssetsDefinition, **switches: Any) -> str:
    """Materialize the assets, whether that fails or not, and return the id of the run."""
    ops = {
        asset.node_def.name: {"config": switches}
        for asset in assets
        if switches and asset is not broken
    }
    result = dg.materialize(
        list(assets), instance=instance, run_config={"ops": ops}, raise_on_error=False
    )
    return result.run_id
