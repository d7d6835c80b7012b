"""The work of our run, once more for PipesEMRClient: the same requests, clusters and commands.

All is copied from what our run left in its lake and asked of EMR, with the bucket's name replaced.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks import pipes_job
from emr_ml_tests.emulator.clusters import Cluster
from emr_ml_tests.emulator.steps import Step
from emr_ml_tests.s3_server import S3

# the source's files, the code, the bootstrap script; and of each job its claim and its request
INPUTS = ("lake/raw_csv_s3/", "lake/code/", "lake/bootstrap/")
ORDERS = ("claim.json", "_job/request.json")
SCRIPT = "pipes_job.py"


def copy_orders(ours: S3, theirs: S3) -> None:
    """Put all into the bucket that the jobs need to begin; nothing that they have made."""
    pages = ours.client.get_paginator("list_objects_v2").paginate(Bucket=ours.bucket)
    for entry in (entry for page in pages for entry in page.get("Contents", [])):
        key = entry.get("Key", "")
        if key.startswith(INPUTS) or key.endswith(ORDERS):
            body = ours.client.get_object(Bucket=ours.bucket, Key=key)["Body"].read()
            is_order = key.endswith(ORDERS)
            theirs.put(key, moved(body.decode(), ours, theirs).encode() if is_order else body)
    theirs.put(SCRIPT, Path(pipes_job.__file__).read_bytes())


def run_job_flows(cluster: Cluster, ours: S3, theirs: S3) -> dict[str, Any]:
    """RunJobFlow's parameters by asset: our cluster's, with the one step and an end after it."""
    asked = json.loads(moved(json.dumps(cluster.asked), ours, theirs))
    del asked["AutoTerminationPolicy"]
    instances = {**asked["Instances"], "KeepJobFlowAliveWhenNoSteps": False}
    flows: dict[str, Any] = {}
    for step in cluster.steps:
        asset = step.name.split()[0]
        told = json.loads(moved(json.dumps(step.asked), ours, theirs))
        own = {"Name": f"PipesEMRClient {asset}", "Instances": instances}
        flows[asset] = {**asked, **own, "Steps": [_step(told, asset, theirs)]}
    return flows


def _step(told: Mapping[str, Any], asset: str, theirs: S3) -> dict[str, Any]:
    """Our step, with the script that opens Pipes in the place of the job's own."""
    *options, script, request = told["HadoopJarStep"]["Args"]
    if not script.endswith(f"/{asset}.py"):
        raise ValueError(f"the step of {asset} runs {script}")
    arguments = [*options, theirs.uri(SCRIPT), asset, request]
    return {
        **told,
        # PipesEMRClient looks at the cluster alone: so a failed step has to end it
        "ActionOnFailure": "TERMINATE_CLUSTER",
        "HadoopJarStep": {**told["HadoopJarStep"], "Args": arguments},
    }


def moved(text: str, ours: S3, theirs: S3) -> str:
    """The text, with addresses in their bucket in the place of ours."""
    return text.replace(ours.uri(), theirs.uri())


def figures(bucket: S3, step: Step) -> dict[str, Any]:
    """What the job of a step found, from the report that it committed."""
    asset, _, version = _address(step)
    key = f"lake/{asset}/{version}/report.json"
    return json.loads(bucket.client.get_object(Bucket=bucket.bucket, Key=key)["Body"].read())[
        "figures"
    ]


def _address(step: Step) -> tuple[str, str, str]:
    request = step.asked["HadoopJarStep"]["Args"][-1]
    lake, asset, version = request.partition("/attempts/")[0].rsplit("/", 2)
    return asset, lake, version
