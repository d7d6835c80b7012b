"""Bootstrap actions: real scripts, run on every node's sandbox."""

import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from emr_ml_tests.emulator.faults import Fault
from emr_ml_tests.emulator.nodes import Node
from emr_ml_tests.emulator.world import World, bucket_and_key

POLL_SECONDS = 0.02


@dataclass(frozen=True)
class BootstrapFailure:
    """Which action failed where; `exit_code` is None if its script could not be fetched."""

    node: int
    action: int
    path: str
    exit_code: int | None


class Bootstrap:
    """The bootstrap actions of one cluster.

    Args:
        on_output: gets the index of a node, the number of an action and the folder of its output.
        given_up: whether the cluster is ending already.
    """

    def __init__(
        self,
        world: World,
        actions: list[dict[str, Any]],
        on_output: Callable[[int, int, Path], None],
        given_up: Callable[[], bool],
    ) -> None:
        self._world, self._actions = world, actions
        self._on_output, self._given_up = on_output, given_up

    def run(self, nodes: list[Node]) -> BootstrapFailure | None:
        """Run all actions on all nodes at once; the first failure, by node."""
        if not nodes or not self._actions:
            return None
        fault = self._world.faults.take(["bootstrap failure"], "bootstrap")
        with ThreadPoolExecutor(len(nodes), "bootstrap") as pool:
            runs = [
                pool.submit(self._run_on, index, node, fault if index == 0 else None)
                for index, node in enumerate(nodes)
            ]
            return next((failure for run in runs if (failure := run.result())), None)

    def _run_on(self, index: int, node: Node, fault: Fault | None) -> BootstrapFailure | None:
        for number, action in enumerate(self._actions, 1):
            given = action["ScriptBootstrapAction"]
            logs = node.folder / "bootstrap" / str(number)
            logs.mkdir(parents=True)
            if fault and number == 1:
                code = _planned(logs, fault.detail)
            elif (script := self._fetch(given["Path"])) is None:
                return BootstrapFailure(index, number, given["Path"], None)
            else:
                code = self._execute(node, logs, script, given.get("Args", []))
            self._on_output(index, number, logs)
            if code != 0:
                return BootstrapFailure(index, number, given["Path"], code)
        return None

    def _fetch(self, uri: str) -> bytes | None:
        bucket, key = bucket_and_key(uri)
        try:
            return self._world.s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        except ClientError:
            return None

    def _execute(self, node: Node, logs: Path, script: bytes, arguments: list[str]) -> int:
        path = logs / "script"
        path.write_bytes(script)
        program = node.start(["/bin/bash", str(path), *arguments], logs, {})
        while (code := program.poll()) is None:
            if self._given_up() or self._world.closing.is_set():
                program.end()
            time.sleep(POLL_SECONDS)
        path.unlink()
        return code


def _planned(logs: Path, detail: Mapping[str, Any]) -> int:
    (logs / "stdout").write_bytes(b"")
    (logs / "stderr").write_text(detail["stderr"])
    return detail["exit"]
