"""Nodes: they start each pod's container as a local process, and report what becomes of it."""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from emr_ml_tests.emulator.faults import Fault, Faults
from emr_ml_tests.emulator.kubernetes.access import Access, service_account
from emr_ml_tests.emulator.kubernetes.containers import Image, Sandbox, WaitingError
from emr_ml_tests.emulator.kubernetes.faults import (
    AFTER_START,
    EVICTED,
    NODE_LOST,
    OUT_OF_MEMORY,
    UNSCHEDULABLE,
)
from emr_ml_tests.emulator.kubernetes.network import Network
from emr_ml_tests.emulator.kubernetes.store import Store, timestamp
from emr_ml_tests.emulator.programs import Program

Object = dict[str, Any]
POLL_SECONDS = 0.05
NODE = "node-1"
KILLED = 137


@dataclass(frozen=True)
class Delays:
    """How long things take, in seconds."""

    schedule: float = 0.05
    pull: float = 0.1
    collect: float = 0.1  # until what a deleted object owned is deleted


@dataclass
class Nodes:
    """All that pods need of the cluster."""

    folder: Path
    store: Store
    access: Access
    network: Network
    faults: Faults
    images: dict[str, Image]
    delays: Delays
    api: str = ""

    def __post_init__(self) -> None:
        self.closing = threading.Event()
        self.programs: dict[str, Program] = {}  # by uid of the pod
        self._threads: list[threading.Thread] = []

    def take(self, pod: Object) -> None:
        """Run a pod that has just been created."""
        thread = threading.Thread(
            target=PodRun(self, pod).run, name=pod["metadata"]["name"], daemon=True
        )
        self._threads.append(thread)
        thread.start()

    def log(self, pod: Object) -> Path:
        """Return the file with all that the pod's container has written."""
        return self.folder / "pods" / pod["metadata"]["uid"] / "logs" / "stdout"

    def close(self) -> None:
        """End all processes."""
        self.closing.set()
        for thread in self._threads:
            thread.join()
        for program in self.programs.values():
            program.end()


class PodRun:
    """One pod, from its creation to its removal."""

    def __init__(self, nodes: Nodes, pod: Object) -> None:
        self._nodes, self._pod = nodes, pod
        metadata = pod["metadata"]
        self._namespace, self._name, self._uid = (
            metadata["namespace"],
            metadata["name"],
            metadata["uid"],
        )
        self._container: Object = pod["spec"]["containers"][0]
        self._lost: Fault | None = None
        self._lost_at = 0.0
        self._address = ""

    def run(self) -> None:
        """Go through the phases; afterwards, wait to be deleted."""
        if self._schedule() and (program := self._start()):
            self._watch_over(program)
        while (deletion := self._deletion()) is None and not self._nodes.closing.is_set():
            self._wait(0.5)
        if deletion is not None and self._may_go():
            self._end(deletion)
            self._nodes.store.remove("pods", self._namespace, self._name)
            self._nodes.network.publish()

    def _schedule(self) -> bool:
        self._wait(self._nodes.delays.schedule)
        if fault := self._nodes.faults.take([UNSCHEDULABLE], self._name):
            message = (
                "0/1 nodes are available: 1 Insufficient memory. preemption: 0/1 nodes are "
                "available: 1 No preemption victims found for incoming pod."
            )
            self._set_condition("PodScheduled", "False", "Unschedulable", message)
            self._event("FailedScheduling", message)
            self._wait_unless_deleted(fault.detail["seconds"])
        if self._over():
            return False

        def change(pod: Object) -> None:
            pod["spec"]["nodeName"] = NODE
            pod["status"]["startTime"] = timestamp()

        self._update(change)
        self._set_condition("PodScheduled", "True")
        return True

    def _start(self) -> Program | None:
        """Start the container as soon as it has all it needs; None if the pod is deleted before."""
        self._set_state({"waiting": {"reason": "ContainerCreating"}})
        self._wait(self._nodes.delays.pull)
        said = ""
        while not self._over():
            try:
                return self._started()
            except WaitingError as reason:
                if reason.message != said:
                    said = reason.message
                    shown = "ContainerCreating" if reason.reason == "FailedMount" else reason.reason
                    waiting = {"reason": shown}
                    if shown == reason.reason:
                        waiting["message"] = reason.message
                    self._set_state({"waiting": waiting})
                    self._event(reason.reason, reason.message)
                self._wait(0.2)
        return None

    def _started(self) -> Program:
        image = self._nodes.images.get(self._container["image"])
        if image is None:
            name = self._container["image"]
            raise WaitingError("ImagePullBackOff", f'Back-off pulling image "{name}"')
        current = self._nodes.store.find("pods", self._namespace, self._name)
        if current is None:
            raise WaitingError("ContainerCreating", "the pod is gone")
        address = self._address = self._address or self._nodes.network.address()
        current["status"] |= {"podIP": address, "podIPs": [{"ip": address}], "hostIP": "127.0.0.1"}
        folder = self._nodes.folder / "pods" / self._uid
        sandbox = Sandbox(self._nodes.store, current, folder, self._nodes.api)
        prepared = sandbox.prepare(self._container, image, self._own_variables(address, folder))
        work = folder / "work"
        work.mkdir(parents=True, exist_ok=True)
        # a log has both streams in the order in which they were written
        command = ["/bin/sh", "-c", 'exec "$@" 2>&1', "sh", *prepared.command]
        program = Program(command, prepared.environment, work, folder / "logs")
        self._nodes.programs[self._uid] = program

        def change(pod: Object) -> None:
            pod["status"] |= current["status"] | {"phase": "Running"}

        self._update(change)
        self._set_state({"running": {"startedAt": timestamp()}}, ready=True)
        self._set_condition("Ready", "True")
        self._nodes.network.publish()
        return program

    def _own_variables(self, address: str, folder: Path) -> dict[str, str]:
        account = self._pod["spec"]["serviceAccountName"]
        token = folder / "token"
        token.parent.mkdir(parents=True, exist_ok=True)
        token.write_text(self._nodes.access.token(service_account(self._namespace, account)))
        return {
            "HOME": str(folder),
            "KUBECONFIG": "/dev/null",
            # in a true pod, the token is in /var/run/secrets
            "KUBERNETES_AUTH_SERVICEACCOUNT_TOKEN": str(token),
            "SPARK_LOCAL_IP": address,
            "JAVA_TOOL_OPTIONS": f"-Djdk.net.hosts.file={self._nodes.network.hosts_file}",
        }

    def _watch_over(self, program: Program) -> None:
        """Wait for the container's end, unless something happens to the pod before."""
        fault = self._nodes.faults.take(AFTER_START, self._name)
        began = time.monotonic()
        deadline = self._pod["spec"].get("activeDeadlineSeconds", float("inf"))
        while (code := program.poll()) is None:
            lasted = time.monotonic() - began
            if self._deletion() is not None or self._nodes.closing.is_set():
                return
            if fault and lasted >= fault.detail["after"]:
                self._befall(fault, program)
                return
            if lasted >= deadline:
                program.end()
                message = "Pod was active on the node longer than the specified deadline"
                self._fail("DeadlineExceeded", message, KILLED)
                return
            time.sleep(POLL_SECONDS)
        self._finish(code)

    def _befall(self, fault: Fault, program: Program) -> None:
        if fault.kind != NODE_LOST or not fault.detail["survives"]:
            program.end()
        match fault.kind:
            case kind if kind == EVICTED:
                message = (
                    "The node was low on resource: ephemeral-storage. Threshold quantity: "
                    "1Gi, available: 512Mi. "
                )
                self._event("Evicted", message)
                self._fail("Evicted", message, KILLED)
            case kind if kind == OUT_OF_MEMORY:
                self._finish(KILLED, "OOMKilled")
            case _:
                self._lost, self._lost_at = fault, time.monotonic()
                message = f"Node {NODE} which was running pod {self._name} is unresponsive"

                def change(pod: Object) -> None:
                    pod["status"] |= {"phase": "Unknown", "reason": "NodeLost", "message": message}

                self._update(change)
                self._set_condition("Ready", "False", "NodeLost")

    def _finish(self, code: int, reason: str = "") -> None:
        self._terminate(code, reason or ("Completed" if code == 0 else "Error"))

    def _fail(self, reason: str, message: str, code: int) -> None:
        self._terminate(code, "Error", {"reason": reason, "message": message})

    def _terminate(self, code: int, reason: str, of_pod: Mapping[str, str] | None = None) -> None:
        """Set all that shows the end in one update, as a kubelet does."""
        terminated = {
            "exitCode": code,
            "reason": reason,
            "startedAt": self._pod["metadata"]["creationTimestamp"],
            "finishedAt": timestamp(),
        }

        def change(pod: Object) -> None:
            status = pod["status"]
            status |= {"phase": "Failed" if code else "Succeeded", **(of_pod or {})}
            status["containerStatuses"] = [self._container_status({"terminated": terminated})]
            set_condition(pod, "Ready", "False", "PodFailed" if code else "PodCompleted")

        self._update(change)

    def _end(self, grace: float) -> None:
        """Ask the process to end, and after the grace period make it."""
        program = self._nodes.programs.get(self._uid)
        if program is None or (self._lost and self._lost.detail["survives"]):
            return
        until = time.monotonic() + grace
        program.interrupt()
        while program.poll() is None and time.monotonic() < until:
            if self._nodes.closing.is_set():
                break
            grace_now = self._deletion()
            if grace_now is None or grace_now < grace:
                break  # it was deleted again, with a shorter period
            time.sleep(POLL_SECONDS)
        program.end()

    def _may_go(self) -> bool:
        """Wait for a lost node's pod to be removed; False if the cluster closes before."""
        while self._lost and self._deletion():
            removed = self._lost.detail["removed_after"]
            if removed is not None and time.monotonic() - self._lost_at > removed:
                break
            if self._nodes.closing.is_set():
                return False
            time.sleep(POLL_SECONDS)
        return True

    def _deletion(self) -> float | None:
        """The grace period in seconds of a pod that is being deleted; 0 if it is gone."""
        pod = self._nodes.store.find("pods", self._namespace, self._name)
        if pod is None or pod["metadata"]["uid"] != self._uid:
            return 0.0
        if "deletionTimestamp" not in pod["metadata"]:
            return None
        return pod["metadata"]["deletionGracePeriodSeconds"]

    def _over(self) -> bool:
        return self._deletion() is not None or self._nodes.closing.is_set()

    def _set_state(self, state: Mapping[str, Any], *, ready: bool = False) -> None:
        status = self._container_status(state, ready=ready)
        self._update(lambda pod: pod["status"].update(containerStatuses=[status]))

    def _container_status(self, state: Mapping[str, Any], *, ready: bool = False) -> Object:
        return {
            "name": self._container["name"],
            "image": self._container["image"],
            "imageID": "",
            "ready": ready,
            "started": ready,
            "restartCount": 0,
            "lastState": {},
            "state": state,
        }

    def _set_condition(self, kind: str, status: str, reason: str = "", message: str = "") -> None:
        self._update(lambda pod: set_condition(pod, kind, status, reason, message))

    def _update(self, change: Callable[[Object], object]) -> None:
        """Change the pod, unless it is gone."""

        def change_own(pod: Object) -> None:
            if pod["metadata"]["uid"] == self._uid:
                change(pod)

        with self._nodes.store.changed:
            if self._nodes.store.find("pods", self._namespace, self._name):
                self._nodes.store.update("pods", self._namespace, self._name, change_own)

    def _event(self, reason: str, message: str) -> None:
        event = {
            "metadata": {"generateName": f"{self._name}."},
            "involvedObject": {
                "kind": "Pod",
                "namespace": self._namespace,
                "name": self._name,
                "uid": self._uid,
            },
            "reason": reason,
            "message": message,
            "type": "Warning",
            "count": 1,
            "firstTimestamp": timestamp(),
            "lastTimestamp": timestamp(),
        }
        self._nodes.store.create("events", self._namespace, event)

    def _wait(self, seconds: float) -> None:
        with self._nodes.store.changed:
            self._nodes.store.changed.wait(seconds)

    def _wait_unless_deleted(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while not self._over() and time.monotonic() < until:
            time.sleep(POLL_SECONDS)


def set_condition(pod: Object, kind: str, status: str, reason: str = "", message: str = "") -> None:
    """Replace the pod's condition of this kind."""
    condition = {"type": kind, "status": status, "lastTransitionTime": timestamp()}
    condition |= {"reason": reason} if reason else {}
    condition |= {"message": message} if message else {}
    others = [one for one in pod["status"].get("conditions", ()) if one["type"] != kind]
    pod["status"]["conditions"] = [*others, condition]
