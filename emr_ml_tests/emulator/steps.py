"""Steps: real processes on the primary node, and their states in the API."""

import secrets
import shlex
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from emr_ml_tests.emulator.executions import Execution, Task
from emr_ml_tests.emulator.nodes import Node
from emr_ml_tests.emulator.world import World

ACTIVE = ("PENDING", "RUNNING", "CANCEL_PENDING")
COMMAND_RUNNER = "command-runner.jar"


@dataclass
class Step(Task):
    """One step. Times are emulated epoch seconds."""

    cluster: str
    request: dict[str, Any]
    created: float
    log_uri: str
    role: str | None = None
    id: str = field(default_factory=lambda: f"s-{secrets.token_hex(10).upper()}")
    state: str = "PENDING"
    started: float | None = None
    ended: float | None = None
    hidden_until: float = 0.0
    failure: dict[str, str] | None = None
    failure_shown: float = 0.0

    @property
    def name(self) -> str:
        return self.request["Name"]

    @property
    def active(self) -> bool:
        return self.state in ACTIVE

    def describe(self, now: float) -> dict[str, Any]:
        """Return the step as ListSteps and DescribeStep show it."""
        times = {
            "CreationDateTime": self.created,
            "StartDateTime": self.started,
            "EndDateTime": self.ended,
        }
        jar = self.request["HadoopJarStep"]
        status: dict[str, Any] = {
            "State": self.state,
            "StateChangeReason": {},
            "Timeline": {name: time for name, time in times.items() if time is not None},
        }
        if self.failure and now >= self.failure_shown:
            status["FailureDetails"] = self.failure
        properties = {pair["Key"]: pair["Value"] for pair in jar.get("Properties", [])}
        return {
            "Id": self.id,
            "Name": self.name,
            "Config": {"Jar": jar["Jar"], "Properties": properties, "Args": jar.get("Args", [])},
            "ActionOnFailure": self.request.get("ActionOnFailure", "CONTINUE"),
            "Status": status,
            **({"ExecutionRoleArn": self.role} if self.role else {}),
        }


class StepExecution(Execution):
    """A step's program, as EMR's controller runs it and logs it."""

    def __init__(self, world: World, node: Node, step: Step) -> None:
        logs = node.folder / "steps" / step.id
        super().__init__(world, node, step, name=step.name, logs=logs)
        self._jar = step.request["HadoopJarStep"]
        self._began = datetime.now(UTC)

    def run_step(self) -> int | None:
        """Return the exit code; None if the step was cancelled or abandoned."""
        if self._jar["Jar"].rpartition("/")[2] == COMMAND_RUNNER:
            code = self.run(self._jar.get("Args", []))
        else:
            code = self.refuse(OSError(f"only {COMMAND_RUNNER} is emulated"))
        self._write_controller(code)
        return code

    def _write_controller(self, code: int | None) -> None:
        command = shlex.join(self._jar.get("Args", []))
        seconds = (datetime.now(UTC) - self._began).total_seconds()
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        ended = "succeeded" if code == 0 else "failed"
        (self.logs / "controller").write_text(
            f"{self._began.isoformat(timespec='milliseconds')} INFO Ensure step 1 jar file "
            f"{COMMAND_RUNNER}\n"
            "INFO StepRunner: Created Runner for step 1\n"
            f"INFO startExec 'hadoop jar {COMMAND_RUNNER} {command}'\n"
            f"INFO waitProcessCompletion ended with exit code {code} : hadoop jar\n"
            f"INFO total process run time: {seconds:.0f} seconds\n"
            f"{now} {'INFO' if code == 0 else 'WARN'} Step {ended} with exitCode {code} "
            f"and took {seconds:.0f} seconds\n"
        )
