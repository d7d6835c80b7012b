"""How conftest.py spreads the tests over workers."""

import pytest


def test_tests_of_a_file_share_a_worker(request: pytest.FixtureRequest) -> None:
    if not request.config.getoption("loadgroup", default=False):
        pytest.skip("the tests do not run in several workers")

    # xdist appends the group to the id; without it, each test goes to any worker
    assert request.node.nodeid.endswith("@" + request.node.location[0])
