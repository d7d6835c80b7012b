"""A set-up of EMR with which nothing is wrong."""

import uuid

import boto3

from emr_ml_tests.emulator.surroundings import set_up_bucket
from emr_ml_tests.emulator.world import REGION

CHECKS = [
    *("Java", "Python", "Spark", "settings", "region", "credentials", "clock"),
    *(
        "definitions",
        "contract",
        "contract",
        "lake",
        "conditional writes",
        "bucket",
        "cluster",
        "EMR",
        "release label",
        "service role",
    ),
    *("instance profile", "subnets", "instance types", "on-demand quota", "spot quota"),
    *("log URI", "packages"),
]


def make_bucket(region: str = REGION) -> str:
    name = f"doctor-{uuid.uuid4().hex}"
    s3 = boto3.Session().client("s3", region_name=region)
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": region})  # pyright: ignore[reportArgumentType]
    set_up_bucket(s3, name)
    return name
