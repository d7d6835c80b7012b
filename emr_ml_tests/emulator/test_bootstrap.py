"""Bootstrap actions: real scripts on every node."""

from typing import Any

from emr_ml_tests.emulator.conftest import Lab
from emr_ml_tests.waiting import wait_until

SCRIPT = b"""#!/bin/bash
set -e
echo "for $1" > "$HOME/greeting"
aws s3 cp --quiet "s3://$2/data/x.txt" .
aws s3 cp --quiet --recursive "s3://$2/data" all
sudo -n cat x.txt all/x.txt
python3 -m pip install nothing-at-all
"""


def an_action(lab: Lab, script: bytes, *arguments: str) -> dict[str, Any]:
    lab.bucket.put("boot.sh", script)
    given = {"Path": lab.bucket.uri("boot.sh"), "Args": list(arguments)}
    return {"Name": "prepare", "ScriptBootstrapAction": given}


def test_every_node_runs_the_script_with_its_arguments_and_its_output_is_kept(lab: Lab) -> None:
    lab.bucket.put("data/x.txt", b"found\n")
    action = an_action(lab, SCRIPT, "you", lab.bucket.bucket)

    cluster = lab.started(BootstrapActions=[action])

    assert len(cluster.nodes) == 2
    for node, instance in zip(cluster.nodes, cluster.instances, strict=True):
        assert (node.home / "greeting").read_text() == "for you\n"
        output = lab.read(f"logs/{cluster.id}/node/{instance.ec2_id}/bootstrap-actions/1/stdout.gz")
        assert output.startswith("found\nfound\na light node has everything")


def test_a_script_that_fails_ends_the_cluster_and_its_stderr_is_kept(lab: Lab) -> None:
    action = an_action(lab, b"echo 'no index' >&2; exit 3")

    cluster = lab.start(BootstrapActions=[action])
    wait_until(lambda: cluster.state == "TERMINATED_WITH_ERRORS")

    primary = cluster.instances[0].ec2_id
    shown = lab.emr.describe_cluster(ClusterId=cluster.id)["Cluster"]["Status"]
    assert shown["StateChangeReason"] == {
        "Code": "BOOTSTRAP_FAILURE",
        "Message": f"On the master instance ({primary}), bootstrap action 1 returned a non-zero "
        "return code",
    }
    assert shown["ErrorDetails"][0]["ErrorData"][0]["return-code"] == "3"
    output = lab.read(f"logs/{cluster.id}/node/{primary}/bootstrap-actions/1/stderr.gz")
    assert output == "no index\n"
