"""The requests for PipesEMRClient to do the same work: the same inputs, clusters and commands.

They are copied from our run's lake and its requests to EMR, with the bucket's name replaced.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks import pipes_job
from emr_ml_tests.emulator.clusters import Cluster
from emr_ml_tests.emulator.steps import Step
from emr_ml_tests.s3_server import S3

# the source's files, the code, the bootstrap script and the Python packages
INPUT_FOLDERS = ("lake/raw_csv_s3/", "lake/code/", "lake/bootstrap/", "lake/packages/")
# the lease and the request of each job
JOB_FILES = ("claim.json", "_job/request.json")
SCRIPT = "pipes_job.py"


def copy_inputs(ours: S3, theirs: S3) -> None:
    """Copy everything that the jobs need to start into their bucket, but none of their outputs."""
    pages = ours.client.get_paginator("list_objects_v2").paginate(Bucket=ours.bucket)
    for entry in (entry for page in pages for entry in page.get("Contents", [])):
        key = entry.get("Key", "")
        is_job_file = key.endswith(JOB_FILES)
        if not is_job_file and not key.startswith(INPUT_FOLDERS):
            continue
        body = ours.client.get_object(Bucket=ours.bucket, Key=key)["Body"].read()
        if is_job_file:
            body = _with_their_bucket(body.decode(), ours, theirs).encode()
        theirs.put(key, body)
    theirs.put(SCRIPT, Path(pipes_job.__file__).read_bytes())


def run_job_flow_requests(cluster: Cluster, ours: S3, theirs: S3) -> dict[str, Any]:
    """Return a RunJobFlow request per asset: our cluster with one step, which ends after it."""
    request = json.loads(_with_their_bucket(json.dumps(cluster.request), ours, theirs))
    del request["AutoTerminationPolicy"]
    instances = {**request["Instances"], "KeepJobFlowAliveWhenNoSteps": False}
    requests: dict[str, Any] = {}
    for step in cluster.steps:
        asset = step.name.split()[0]
        our_step = json.loads(_with_their_bucket(json.dumps(step.request), ours, theirs))
        requests[asset] = {
            **request,
            "Name": f"PipesEMRClient {asset}",
            "Instances": instances,
            "Steps": [_pipes_step(our_step, asset, theirs)],
        }
    return requests


def read_figures(bucket: S3, step: Step) -> dict[str, Any]:
    """Return the figures in the report that the job of a step has committed."""
    request = step.request["HadoopJarStep"]["Args"][-1]
    _, asset, version = request.partition("/attempts/")[0].rsplit("/", 2)
    key = f"lake/{asset}/{version}/report.json"
    body = bucket.client.get_object(Bucket=bucket.bucket, Key=key)["Body"].read()
    return json.loads(body)["figures"]


def _pipes_step(our_step: Mapping[str, Any], asset: str, theirs: S3) -> dict[str, Any]:
    """Return our step, with the script that opens Pipes instead of the job's own script."""
    *options, script, request = our_step["HadoopJarStep"]["Args"]
    if not script.endswith(f"/{asset}.py"):
        raise ValueError(f"the step of {asset} runs {script}")
    arguments = [*options, theirs.uri(SCRIPT), asset, request]
    return {
        **our_step,
        # PipesEMRClient checks only the cluster, so a failed step has to end it
        "ActionOnFailure": "TERMINATE_CLUSTER",
        "HadoopJarStep": {**our_step["HadoopJarStep"], "Args": arguments},
    }


def _with_their_bucket(text: str, ours: S3, theirs: S3) -> str:
    return text.replace(ours.uri(), theirs.uri())
