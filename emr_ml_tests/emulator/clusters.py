"""A cluster and its states, from STARTING to its end, driven by a thread of its own."""

import math
import secrets
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from emr_ml_tests.emulator.bootstrap import Bootstrap, BootstrapFailure
from emr_ml_tests.emulator.endings import IDLE, STEPS_DONE, Ending, of_bootstrap, of_step
from emr_ml_tests.emulator.fleets import Group, Instance, groups_of
from emr_ml_tests.emulator.logs import Logs, contents
from emr_ml_tests.emulator.nodes import Node
from emr_ml_tests.emulator.running import StepRunner
from emr_ml_tests.emulator.steps import Step
from emr_ml_tests.emulator.world import ACCOUNT, REGION, World

ACCEPTING = ("STARTING", "BOOTSTRAPPING", "RUNNING", "WAITING")
OVER = ("TERMINATED", "TERMINATED_WITH_ERRORS")


@dataclass
class Cluster:
    """One cluster. Times are emulated epoch seconds; state is guarded by `world.changed`."""

    world: World
    logs: Logs
    request: dict[str, Any]
    refused: Ending | None = None  # what a later look at the request finds wrong with it
    id: str = field(default_factory=lambda: f"j-{secrets.token_hex(7).upper()[:13]}")
    state: str = "STARTING"
    reason: dict[str, str] = field(default_factory=dict[str, str])
    error_details: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    created: float = 0.0
    ready: float | None = None
    ended: float | None = None
    hidden_until: float = 0.0
    protected: bool = False
    steps: list[Step] = field(default_factory=list[Step])
    instances: list[Instance] = field(default_factory=list[Instance])
    ending: Ending | None = None

    def __post_init__(self) -> None:
        instances = self.request["Instances"]
        self.created = self.world.clock.now()
        self.protected = instances.get("TerminationProtected", False)
        self.keep_alive: bool = instances.get("KeepJobFlowAliveWhenNoSteps", False)
        self.concurrency: int = self.request.get("StepConcurrencyLevel", 1)
        self.groups: list[Group] = groups_of(instances)
        self.nodes: list[Node] = []
        self._idle_since = 0.0
        self._runner = StepRunner(self.world, self, self.logs)
        self.thread = threading.Thread(target=self._live, name=self.id, daemon=True)

    @property
    def name(self) -> str:
        return self.request["Name"]

    @property
    def arn(self) -> str:
        return f"arn:aws:elasticmapreduce:{REGION}:{ACCOUNT}:cluster/{self.id}"

    @property
    def log_uri(self) -> str:
        """The address of this cluster's logs; empty if it keeps none."""
        uri = self.request.get("LogUri", "")
        return f"{uri.rstrip('/')}/{self.id}" if uri else ""

    @property
    def billed_seconds(self) -> float:
        """Instance-seconds so far."""
        now = self.world.clock.now()
        return sum(instance.billed_seconds(now) for instance in self.instances)

    def end(self, ending: Ending) -> None:
        """Start to terminate, unless it does already; TERMINATING is visible at once."""
        with self.world.changed:
            if self.ending is None and self.state in ACCEPTING:
                self.ending = ending
                self._become("TERMINATING", ending.code, ending.message)

    def _live(self) -> None:
        try:
            for stage in (self._start, self._bootstrap, self._work):
                open_yet = self.ending is None and not self.world.closing.is_set()
                if open_yet and (ending := stage()):
                    self.end(ending)
        except Exception as error:
            self.end(Ending("INTERNAL_ERROR", f"the emulator failed: {error!r}", errors=True))
            raise
        finally:
            self._wind_up()

    def _wind_up(self) -> None:
        if not self.world.closing.is_set():
            self._end(self.ending or STEPS_DONE)

    def _start(self) -> Ending | None:
        delays, faults = self.world.delays, self.world.faults
        if slow := faults.take(["slow start"], self.name):
            self._sleep(slow.seconds or 0.0)
        self._sleep(delays.start)
        if failure := faults.take(["start failure"], self.name):
            return Ending(failure.detail["code"], failure.detail["message"], errors=True)
        if self.refused:
            return self.refused
        spot = not any(g.spot for g in self.groups) or not faults.take(["no spot"], self.name)
        if not spot:
            waiting = [group for group in self.groups if group.spot]
            self._sleep(max(group.spot_patience for group in waiting))
            if any(group.ends_without_spot for group in waiting):
                message = "The instance fleet could not be provisioned: no Spot capacity in time"
                return Ending("INSTANCE_FLEET_TIMEOUT", message, errors=True)
        with self.world.changed:
            if self.ending is None:
                now = self.world.clock.now()
                self.instances = [i for g in self.groups for i in g.instances(now, spot=spot)]
                self._become("BOOTSTRAPPING", "", "Running bootstrap actions")
        return None

    def _bootstrap(self) -> Ending | None:
        since = self.world.clock.now()
        self.instances.sort(key=lambda instance: instance.role != "MASTER")
        for instance in self.instances[: self.world.max_nodes]:
            node = Node(self.world.folder / self.id / instance.ec2_id, self.world)
            node.prepare(self.request.get("Configurations", []))
            self.nodes.append(node)
        actions = self.request.get("BootstrapActions", [])
        run = Bootstrap(self.world, actions, self._bootstrap_logs, lambda: self.ending is not None)
        failure = run.run(self.nodes)
        if failure and self.ending is None:
            return self._bootstrap_failed(failure)
        self._sleep(self.world.delays.bootstrap - (self.world.clock.now() - since))
        if slow := self.world.faults.take(["slow bootstrap"], self.name):
            self._sleep(slow.seconds or 0.0)
        with self.world.changed:
            if self.ending is None:
                self.ready = self._idle_since = self.world.clock.now()
                for instance in self.instances:
                    instance.ready = self.ready
        return None

    def _bootstrap_failed(self, failure: BootstrapFailure) -> Ending:
        instance = self.instances[failure.node]
        return of_bootstrap(failure, instance.ec2_id, instance.role, self.log_uri)

    def _bootstrap_logs(self, node: int, action: int, folder: Path) -> None:
        if self.log_uri:
            where = f"{self.log_uri}/node/{self.instances[node].ec2_id}/bootstrap-actions/{action}"
            self.logs.send(self.id, where, contents(folder), self.world.delays.logs)

    def _work(self) -> Ending | None:
        """Alternate between RUNNING and WAITING until there is a reason to end."""
        while self.ending is None and not self.world.closing.is_set():
            with self.world.changed:
                failed = next((s for s in self.steps if self._ends_all(s)), None)
                if failed:
                    return of_step(failed)
                busy = self._runner.start_what_may(self.nodes[0])
                if busy:
                    self._become("RUNNING", "", "Running step")
                    self.world.changed.wait(0.1)
                    continue
                if not self.keep_alive:
                    return STEPS_DONE
                ended = [step.ended for step in self.steps if step.ended is not None]
                self._idle_since = max([self._idle_since, *ended])
                self._become("WAITING", "", "Cluster ready to run steps.")
                left = self._idle_since + self._idle_timeout - self.world.clock.now()
                if left <= 0:
                    return IDLE
                self.world.changed.wait(min(self.world.clock.real(left), 0.2))
        return None

    def _ends_all(self, step: Step) -> bool:
        action = step.request.get("ActionOnFailure", "CONTINUE")
        return step.state == "FAILED" and action in ("TERMINATE_CLUSTER", "TERMINATE_JOB_FLOW")

    @property
    def _idle_timeout(self) -> float:
        policy = self.request.get("AutoTerminationPolicy")
        return policy.get("IdleTimeout", 3600) if policy else math.inf

    def _end(self, ending: Ending) -> None:
        with self.world.changed:
            active = [step for step in self.steps if step.active]
            for step in active:
                step.left = ending.steps_left or "CANCELLED"
        for step in active:
            if step.program and not ending.processes_survive:
                step.program.end()
        self._runner.join()
        self._sleep(self.world.delays.terminate / 2)
        self.logs.hurry(self.id)
        self._sleep(self.world.delays.terminate / 2)
        with self.world.changed:
            self.ended = self.world.clock.now()
            for instance in self.instances:
                instance.ended = self.ended
            self.error_details = ending.details
            state = "TERMINATED_WITH_ERRORS" if ending.errors else "TERMINATED"
            self._become(state, ending.code, ending.message)

    def _become(self, state: str, code: str, message: str) -> None:
        if self.state == state or (self.ending and state in ACCEPTING):
            return
        self.state = state
        self.reason = {"Code": code, "Message": message} if code else {"Message": message}
        self.world.record_event(self.id, f"{state} {code} {message if code else ''}".rstrip())

    def _sleep(self, emulated: float) -> None:
        """Let emulated time pass, until the cluster is asked to end at the latest."""
        until = self.world.clock.now() + emulated
        ending = self.ending
        with self.world.changed:
            while (left := until - self.world.clock.now()) > 0:
                if self.ending is not ending or self.world.closing.is_set():
                    return
                self.world.changed.wait(min(self.world.clock.real(left), 0.2))
