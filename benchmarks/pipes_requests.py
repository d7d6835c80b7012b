"""The requests for PipesEMRClient to do the same work: the same inputs, clusters and commands.

They are copied from our run's lake and its request to EMR, with the bucket's name replaced.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks import pipes_job
from emr_ml_tests.emulator.clusters import Cluster
from emr_ml_tests.s3_server import S3

# the source's files, the code, the bootstrap script and the Python packages
INPUT_FOLDERS = ("lake/raw_csv_s3/", "lake/code/", "lake/bootstrap/", "lake/packages/")
# the lease and the request of each job
JOB_FILES = ("claim.json", "_job/request.json")
SCRIPT = "pipes_job.py"
ASSETS = ("processed_dataset", "lr_model", "metrics")


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
    # our first step has run the jobs of all assets
    our_step = json.loads(_with_their_bucket(json.dumps(cluster.steps[0].request), ours, theirs))
    return {
        asset: {
            **request,
            "Name": f"PipesEMRClient {asset}",
            "Instances": instances,
            "Steps": [_pipes_step(our_step, asset, theirs)],
        }
        for asset in ASSETS
    }


def read_report(bucket: S3, asset: str) -> dict[str, Any]:
    """Return the only committed report of an asset."""
    (key,) = _keys(bucket, f"lake/{asset}/", "/report.json")
    body = bucket.client.get_object(Bucket=bucket.bucket, Key=key)["Body"].read()
    return json.loads(body)


def _keys(bucket: S3, prefix: str, end: str) -> list[str]:
    pages = bucket.client.get_paginator("list_objects_v2").paginate(
        Bucket=bucket.bucket, Prefix=prefix
    )
    found = [entry.get("Key", "") for page in pages for entry in page.get("Contents", [])]
    return [key for key in found if key.endswith(end)]


def _pipes_step(our_step: Mapping[str, Any], asset: str, theirs: S3) -> dict[str, Any]:
    """Return our step for that asset's request, with the script that opens Pipes.

    The script stands instead of the job's own script.
    """
    *options, _script, first_request, _flag, _record = our_step["HadoopJarStep"]["Args"]
    (key,) = _keys(theirs, f"lake/{asset}/", "/_job/request.json")
    request = theirs.uri(key)
    # the folder of the checkpoints
    old, new = (each.rpartition("/")[0] for each in (first_request, request))
    options = [each.replace(old, new) for each in options]
    arguments = [*options, theirs.uri(SCRIPT), asset, request]
    return {
        **our_step,
        # PipesEMRClient checks only the cluster, so a failed step has to end it
        "ActionOnFailure": "TERMINATE_CLUSTER",
        "HadoopJarStep": {**our_step["HadoopJarStep"], "Args": arguments},
    }


def _with_their_bucket(text: str, ours: S3, theirs: S3) -> str:
    return text.replace(ours.uri(), theirs.uri())
