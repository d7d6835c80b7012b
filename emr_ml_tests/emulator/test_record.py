"""What was called is known, in IAM's words."""

import json
from pathlib import Path

import pytest

from emr_ml_tests.emulator.conftest import Lab
from emr_ml_tests.emulator.examples import a_cluster, a_step
from emr_ml_tests.emulator.s3_actions import s3_actions
from emr_ml_tests.emulator.server import serve
from emr_ml_tests.emulator.wire import cluster_arn
from emr_ml_tests.waiting import wait_until


def test_calls_are_distinguished_by_caller(lab: Lab) -> None:
    cluster = lab.started()
    lab.bucket.put("x.txt")
    step = lab.add(
        cluster, a_step("one", "aws", "s3", "cp", "--quiet", lab.bucket.uri("x.txt"), "y.txt")
    )[0]
    wait_until(lambda: step.state == "COMPLETED")

    launcher, node = lab.aws.calls.actions("launcher"), lab.aws.calls.actions("node")

    arn = cluster_arn(cluster.id)
    assert launcher == {
        ("elasticmapreduce:RunJobFlow", "*"),
        (
            "elasticmapreduce:PutAutoTerminationPolicy",
            cluster_arn("new"),
        ),
        ("elasticmapreduce:AddJobFlowSteps", arn),
        ("iam:PassRole", "arn:aws:iam::123456789012:role/EMR_DefaultRole"),
        ("iam:PassRole", "arn:aws:iam::123456789012:role/EMR_EC2_DefaultRole"),
    }
    assert node == {("s3:GetObject", f"arn:aws:s3:::{lab.bucket.bucket}/x.txt")}


@pytest.mark.parametrize(
    ("method", "path", "query", "action", "arn"),
    [
        ("GET", "/b/k/e y", "", "s3:GetObject", "b/k/e y"),
        ("HEAD", "/b/k", "", "s3:GetObject", "b/k"),
        ("GET", "/b", "list-type", "s3:ListBucket", "b"),
        ("HEAD", "/b", "", "s3:ListBucket", "b"),
        ("GET", "/b", "location", "s3:GetBucketLocation", "b"),
        ("GET", "/b", "uploads", "s3:ListBucketMultipartUploads", "b"),
        ("PUT", "/b/k", "", "s3:PutObject", "b/k"),
        ("POST", "/b/k", "uploads", "s3:PutObject", "b/k"),
        ("PUT", "/b/k", "partNumber", "s3:PutObject", "b/k"),
        ("DELETE", "/b/k", "", "s3:DeleteObject", "b/k"),
        ("DELETE", "/b/k", "uploadId", "s3:AbortMultipartUpload", "b/k"),
        ("PUT", "/b", "", "s3:CreateBucket", "b"),
    ],
)
def test_a_request_to_s3_needs_the_action_that_iam_has_for_it(
    method: str, path: str, query: str, action: str, arn: str
) -> None:
    needed = s3_actions(method, path, {query: [""]} if query else {}, "", b"")

    assert needed == ((action, f"arn:aws:s3:::{arn}"),)


def test_a_listing_is_on_the_prefix_that_it_is_below() -> None:
    needed = s3_actions("GET", "/b", {"list-type": ["2"], "prefix": ["lake/x"]}, "", b"")

    assert needed == (("s3:ListBucket", "arn:aws:s3:::b?prefix=lake/x"),)


def test_a_copy_reads_and_a_deletion_of_many_names_each() -> None:
    copy = s3_actions("PUT", "/b/new", {}, "/b/old%20one", b"")
    listed = b"<Delete><Object><Key>x</Key></Object><Object><Key>y</Key></Object></Delete>"
    deletion = s3_actions("POST", "/b", {"delete": [""]}, "", listed)

    assert ("s3:GetObject", "arn:aws:s3:::b/old one") in copy
    assert [arn for _, arn in deletion] == ["arn:aws:s3:::b/x", "arn:aws:s3:::b/y"]


def test_the_record_can_be_kept_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "calls.jsonl"
    with serve(tmp_path, record_file=file, speed=1.0) as aws:
        aws.client("emr", "launcher").run_job_flow(**a_cluster("nowhere"))
        aws.client("sts", "launcher").get_caller_identity()

    calls = [json.loads(line) for line in file.read_text().splitlines()]
    mine = [call["actions"][0][0] for call in calls if call["caller"] == "launcher"]
    assert mine == ["elasticmapreduce:RunJobFlow", "sts:GetCallerIdentity"]
