"""The three assets as a user of dagster-aws writes them: one call of a Pipes client each."""

import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import dagster as dg

RESOURCE = "pipes_client"


def definitions(
    module: str, client: Callable[[dg.InitResourceContext], Any], parameter: str, variable: str
) -> dg.Definitions:
    """Return the assets, a job with all of them, and the client.

    Args:
        module: that has these definitions.
        client: makes the Pipes client of a step.
        parameter: of the client's `run` that takes a request.
        variable: of the environment with the path of a JSON file: the request of each asset.
    """

    def job(asset: str, deps: Sequence[str] = ()) -> dg.AssetsDefinition:
        @dg.asset(name=asset, deps=deps, required_resource_keys={RESOURCE})
        def asset_function(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
            request = json.loads(Path(os.environ[variable]).read_text())[asset]
            of_step = getattr(context.resources, RESOURCE)
            return of_step.run(context=context, **{parameter: request}).get_materialize_result()

        return asset_function

    return dg.Definitions(
        assets=[
            job("processed_dataset"),
            job("lr_model", ["processed_dataset"]),
            job("metrics", ["lr_model"]),
        ],
        jobs=[dg.define_asset_job("training_job")],
        resources={RESOURCE: dg.ResourceDefinition(client)},
        # as in our own definitions
        executor=dg.multiprocess_executor.configured(
            {"start_method": {"forkserver": {"preload_modules": [module]}}}
        ),
    )
