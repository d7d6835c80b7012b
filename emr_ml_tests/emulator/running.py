"""The steps of one cluster, started in turn and as many at once as the cluster allows."""

import threading
import time
from typing import Protocol

from emr_ml_tests.emulator.endings import Ending, of_instance
from emr_ml_tests.emulator.faults import Fault
from emr_ml_tests.emulator.logs import Logs, contents
from emr_ml_tests.emulator.nodes import Node
from emr_ml_tests.emulator.steps import Step, StepExecution
from emr_ml_tests.emulator.world import World


class Owner(Protocol):
    """What a runner needs to know of its cluster."""

    id: str
    steps: list[Step]
    concurrency: int
    ending: Ending | None

    @property
    def log_uri(self) -> str: ...

    def end(self, ending: Ending) -> None: ...


class StepRunner:
    """A thread for each step that runs."""

    def __init__(self, world: World, owner: Owner, logs: Logs) -> None:
        self._world, self._owner, self._logs = world, owner, logs
        self._threads: dict[str, threading.Thread] = {}

    def start_what_may(self, node: Node) -> bool:
        """Start the oldest pending steps that fit; whether any step runs or waits."""
        running = [thread for thread in self._threads.values() if thread.is_alive()]
        waiting = [
            step
            for step in self._owner.steps
            if step.state == "PENDING" and step.id not in self._threads
        ]
        for step in waiting[: self._owner.concurrency - len(running)]:
            thread = threading.Thread(
                target=self._run, args=(step, node), name=step.id, daemon=True
            )
            self._threads[step.id] = thread
            thread.start()
        return bool(running or waiting)

    def join(self) -> None:
        """Wait for what runs to be left; steps that never began are left too."""
        for thread in list(self._threads.values()):
            thread.join()
        with self._world.changed:
            for step in self._owner.steps:
                if step.active and step.left:
                    self._leave(step)

    def _run(self, step: Step, node: Node) -> None:
        if not self._begin(step):
            return
        lost = self._world.faults.take(["instance failure"], step.name)
        if lost:
            self._lose(lost)
        execution = StepExecution(self._world, node, step)
        code = execution.run_step()
        if self._world.closing.is_set():
            return
        with self._world.changed:
            if step.left:
                self._leave(step)
            elif code is None:
                self._become(step, "CANCELLED")
            else:
                self._finish(step, code, execution)
        self._send_logs(step, execution)

    def _begin(self, step: Step) -> bool:
        until = self._world.clock.now() + self._world.delays.step
        with self._world.changed:
            while (left := until - self._world.clock.now()) > 0:
                if step.state != "PENDING" or step.left or self._world.closing.is_set():
                    return False
                self._world.changed.wait(min(self._world.clock.real(left), 0.2))
            if step.state != "PENDING" or step.left:
                return False
            step.started = self._world.clock.now()
            self._become(step, "RUNNING")
            return True

    def _lose(self, fault: Fault) -> None:
        ending = of_instance(fault.detail["left"], survives=fault.detail["survives"])

        after: float | threading.Event = fault.detail["after"]

        def lose() -> None:
            if isinstance(after, threading.Event):
                after.wait()
            else:
                time.sleep(after)
            self._owner.end(ending)

        threading.Thread(target=lose, name="instance-failure", daemon=True).start()

    def _finish(self, step: Step, code: int, execution: StepExecution) -> None:
        if code == 0:
            self._become(step, "COMPLETED")
            return
        step.failure = {"Reason": "Unknown Error."}
        if message := _last_error(execution):
            step.failure["Message"] = message
        if self._owner.log_uri:
            step.failure["LogFile"] = f"{self._owner.log_uri}/steps/{step.id}/stderr.gz"
        step.failure_shown = self._world.clock.now() + self._world.delays.failure_details
        self._become(step, "FAILED")
        if step.request.get("ActionOnFailure") == "CANCEL_AND_WAIT":
            for other in self._owner.steps:
                if other.state == "PENDING":
                    self._become(other, "CANCELLED")

    def _leave(self, step: Step) -> None:
        """Give a step the state that the cluster's end leaves it in; RUNNING is final."""
        state = (step.left or "CANCELLED") if step.started else "CANCELLED"
        if state != "RUNNING":
            self._become(step, state)

    def _become(self, step: Step, state: str) -> None:
        step.state = state
        if state != "RUNNING":
            step.ended = self._world.clock.now()
        self._world.record_event(step.id, f"{state} {step.name}")

    def _send_logs(self, step: Step, execution: StepExecution) -> None:
        if self._owner.log_uri and execution.logs.is_dir():
            fault = self._world.faults.take(["step logs"], step.name)
            where = f"{self._owner.log_uri}/steps/{step.id}"
            files = contents(execution.logs)
            self._logs.send(self._owner.id, where, files, self._world.delays.logs, fault)


def _last_error(execution: StepExecution) -> str:
    """What EMR would take for the cause; often nothing."""
    text = (execution.logs / "stderr").read_text(errors="replace")
    lines = [line for line in text.splitlines() if "Exception" in line or "Error" in line]
    return lines[-1][:1000] if lines else ""
