"""Steps: real processes on the primary node, and their states in the API."""

import secrets
import shlex
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from emr_ml_tests.emulator.nodes import Node
from emr_ml_tests.emulator.programs import Program
from emr_ml_tests.emulator.world import World

ACTIVE = ("PENDING", "RUNNING", "CANCEL_PENDING")
POLL_SECONDS = 0.03
COMMAND_RUNNER = "command-runner.jar"


@dataclass
class Step:
    """One step. Times are emulated epoch seconds; `exit_code` is that of its own process."""

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
    exit_code: int | None = None
    failure: dict[str, str] | None = None
    failure_shown: float = 0.0
    # what to send to its process, and when; None: nobody has cancelled it
    cancel: tuple[float, str] | None = None
    left: str | None = None
    program: Program | None = None

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


class Execution:
    """A step's process, from its start to its end or to the cluster's."""

    def __init__(self, world: World, node: Node, step: Step) -> None:
        self._world, self._node, self._step = world, node, step
        self.logs: Path = node.folder / "steps" / step.id
        self._began = datetime.now(UTC)

    def run(self) -> int | None:
        """Return the exit code; None if the step was cancelled or abandoned."""
        fault = self._world.faults.take(["hung step"], self._step.name)
        how = fault.detail["how"] if fault else None
        program = self._started({"EMULATOR_HANG": "1"} if how == "sleeping" else {})
        if program is None:
            return 127
        if how == "stopped":
            # let it get to work first: a process that stops is one that has begun
            time.sleep(0.3)
            program.stop()
        code = self._wait(program, unnoticed=how == "unnoticed")
        self._step.exit_code = program.poll()
        self._write_controller(code)
        return code

    def _started(self, more: dict[str, str]) -> Program | None:
        jar = self._step.request["HadoopJarStep"]
        self.logs.mkdir(parents=True, exist_ok=True)
        try:
            if jar["Jar"].rpartition("/")[2] != COMMAND_RUNNER:
                raise OSError(f"only {COMMAND_RUNNER} is emulated, not {jar['Jar']}")
            program = self._node.start(jar.get("Args", []), self.logs, more)
        except (OSError, IndexError) as error:
            (self.logs / "stderr").write_text(f"Cannot run program: {error}\n")
            self._write_controller(127)
            return None
        self._step.program = program
        return program

    def _wait(self, program: Program, *, unnoticed: bool) -> int | None:
        step = self._step
        while (code := program.poll()) is None or unnoticed:
            if self._world.closing.is_set():
                program.end()
            if step.left is not None or self._world.closing.is_set():
                return None
            if step.cancel and self._world.clock.now() >= step.cancel[0]:
                self._signal(program, step.cancel[1])
                unnoticed = False
            time.sleep(POLL_SECONDS)
        # what had ended well before the signal came is a success all the same
        return None if step.cancel and code != 0 else code

    def _signal(self, program: Program, option: str) -> None:
        """Signal once: SEND_INTERRUPT reaches only the child, TERMINATE_PROCESS all processes."""
        if option == "TERMINATE_PROCESS":
            program.end()
        else:
            program.interrupt()
        self._step.cancel = (float("inf"), option)

    def _write_controller(self, code: int | None) -> None:
        command = shlex.join(self._step.request["HadoopJarStep"].get("Args", []))
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
