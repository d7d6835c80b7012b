"""Bootstrap actions: real scripts on every node."""

from typing import Any

from emr_ml_tests.emulator.conftest import Lab
from emr_ml_tests.emulator.examples import a_fleet, a_step, until
from emr_ml_tests.emulator.faults import bootstrap_failure

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
        said = lab.read(f"logs/{cluster.id}/node/{instance.ec2_id}/bootstrap-actions/1/stdout.gz")
        assert said.startswith("found\nfound\na light node has everything")


def test_steps_find_what_the_bootstrap_left(lab: Lab) -> None:
    cluster = lab.started(BootstrapActions=[an_action(lab, b"echo 7 > $HOME/seven")])

    (step,) = lab.add(cluster, a_step("one", "bash", "-c", "exit $(cat $HOME/seven)"))

    until(lambda: step.state == "FAILED")
    assert step.exit_code == 7


def test_a_script_that_fails_ends_the_cluster_and_its_stderr_is_kept(lab: Lab) -> None:
    action = an_action(lab, b"echo 'no index' >&2; exit 3")

    cluster = lab.start(BootstrapActions=[action])
    until(lambda: cluster.state == "TERMINATED_WITH_ERRORS")

    primary = cluster.instances[0].ec2_id
    shown = lab.emr.describe_cluster(ClusterId=cluster.id)["Cluster"]["Status"]
    assert shown["StateChangeReason"] == {
        "Code": "BOOTSTRAP_FAILURE",
        "Message": f"On the master instance ({primary}), bootstrap action 1 returned a non-zero "
        "return code",
    }
    assert shown["ErrorDetails"][0]["ErrorData"][0]["return-code"] == "3"
    said = lab.read(f"logs/{cluster.id}/node/{primary}/bootstrap-actions/1/stderr.gz")
    assert said == "no index\n"


def test_a_script_that_is_not_there_ends_the_cluster(lab: Lab) -> None:
    nowhere = {"Name": "x", "ScriptBootstrapAction": {"Path": lab.bucket.uri("nowhere.sh")}}

    cluster = lab.start(BootstrapActions=[nowhere])

    until(lambda: cluster.state == "TERMINATED_WITH_ERRORS")
    assert cluster.reason["Code"] == "BOOTSTRAP_FAILURE"
    assert "nowhere.sh" in cluster.reason["Message"]


def test_a_planned_failure_befalls_a_script_that_would_do(lab: Lab) -> None:
    lab.aws.faults.add(bootstrap_failure(stderr="no route to the index\n"))
    action = an_action(lab, b"true")

    unlucky = lab.start(BootstrapActions=[action])
    until(lambda: unlucky.state == "TERMINATED_WITH_ERRORS")

    primary = unlucky.instances[0].ec2_id
    said = lab.read(f"logs/{unlucky.id}/node/{primary}/bootstrap-actions/1/stderr.gz")
    assert said == "no route to the index\n"
    assert lab.started(BootstrapActions=[action])


def test_of_a_large_cluster_only_some_nodes_are_real(lab: Lab) -> None:
    fleets = [
        a_fleet("MASTER", "m5.xlarge", on_demand=1),
        a_fleet("CORE", "m5.xlarge", on_demand=20),
    ]

    cluster = lab.started(Instances={"InstanceFleets": fleets, "KeepJobFlowAliveWhenNoSteps": True})

    assert (len(cluster.instances), len(cluster.nodes)) == (21, 3)
