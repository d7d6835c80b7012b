"""EMR's operations: what a caller may ask of clusters and steps."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from emr_ml_tests.emulator.clusters import ACCEPTING, OVER, Cluster
from emr_ml_tests.emulator.describe import describe_cluster, release, summarize
from emr_ml_tests.emulator.endings import IDLE, USER
from emr_ml_tests.emulator.limits import SPARK_OF, check_run_job_flow, check_steps
from emr_ml_tests.emulator.logs import Logs
from emr_ml_tests.emulator.shapes import check
from emr_ml_tests.emulator.steps import Step
from emr_ml_tests.emulator.surroundings import check_profile, find_startup_error
from emr_ml_tests.emulator.world import AwsError, World, invalid, unknown

T = TypeVar("T")
Parameters = dict[str, Any]


class Emr:
    """The service. Raises AwsError for what AWS would refuse."""

    def __init__(self, world: World) -> None:
        self.clusters: list[Cluster] = []
        self._world = world
        self._logs = Logs(world)
        self._operations: dict[str, Callable[[Parameters], dict[str, Any]]] = {
            "RunJobFlow": self._run_job_flow,
            "DescribeCluster": self._describe_cluster,
            "ListClusters": self._list_clusters,
            "AddJobFlowSteps": self._add_job_flow_steps,
            "ListSteps": self._list_steps,
            "DescribeStep": self._describe_step,
            "CancelSteps": self._cancel_steps,
            "TerminateJobFlows": self._terminate_job_flows,
            "ListInstances": self._list_instances,
            "ListInstanceFleets": self._list_instance_fleets,
            "DescribeReleaseLabel": self._describe_release_label,
        }

    def answer(self, operation: str, parameters: Parameters) -> dict[str, Any]:
        check(operation, parameters)
        if operation not in self._operations:
            raise AwsError("NotEmulatedException", f"{operation} is not emulated", 501)
        if fault := self._world.faults.take(["idle end"], operation):
            cluster = self._cluster(parameters)
            cluster.end(replace(IDLE, code=fault.detail["code"]))
            if fault.detail["cancelled"]:
                with self._world.changed:
                    self._world.changed.wait_for(
                        lambda: (
                            not any(step.state in ("PENDING", "RUNNING") for step in cluster.steps)
                        )
                    )
        return self._operations[operation](parameters)

    def put(self, parameters: Parameters, cluster_id: str, state: str) -> Cluster:
        """Add a cluster that stays as it is until a caller or a test changes it."""
        cluster = Cluster(self._world, self._logs, parameters, id=cluster_id, state=state)
        self.clusters.append(cluster)
        return cluster

    def close(self) -> None:
        """After the world began to close: wait for the threads that saw it."""
        for cluster in self.clusters:
            if cluster.thread.ident:  # what a test has put here does not live
                cluster.thread.join()
        self._logs.close()

    def _run_job_flow(self, parameters: Parameters) -> dict[str, Any]:
        check_run_job_flow(parameters)
        if self._world.strict_roles:
            check_profile(self._world, parameters)
        refused = find_startup_error(self._world, parameters)
        with self._world.changed:
            cluster = Cluster(self._world, self._logs, parameters, refused)
            if hidden := self._world.faults.take(["hidden cluster"], cluster.name):
                cluster.hidden_until = cluster.created + (hidden.seconds or 0.0)
            self.clusters.append(cluster)
            self._world.record_event(cluster.id, f"STARTING {cluster.name}")
            self._add(cluster, parameters.get("Steps", []), None)
            cluster.thread.start()
        return {"JobFlowId": cluster.id, "ClusterArn": cluster.arn}

    def _describe_cluster(self, parameters: Parameters) -> dict[str, Any]:
        return {"Cluster": describe_cluster(self._cluster(parameters))}

    def _list_clusters(self, parameters: Parameters) -> dict[str, Any]:
        now = self._world.clock.now()
        states = parameters.get("ClusterStates", [])
        after, before = (
            parameters.get("CreatedAfter", 0.0),
            parameters.get("CreatedBefore", float("inf")),
        )
        with self._world.changed:
            items = [
                summarize(cluster)
                for cluster in reversed(self.clusters)
                if cluster.hidden_until <= now
                and (not states or cluster.state in states)
                and after <= cluster.created <= before
            ]
        return self._page("Clusters", items, parameters)

    def _add_job_flow_steps(self, parameters: Parameters) -> dict[str, Any]:
        with self._world.changed:
            cluster = self._cluster(parameters)
            if cluster.state not in ACCEPTING:
                raise invalid(
                    "A job flow that is shutting down, terminating, or finished "
                    "may not be modified."
                )
            active = sum(step.active for step in cluster.steps)
            check_steps(parameters["Steps"], cluster.concurrency, active)
            role = parameters.get("ExecutionRoleArn")
            if role and not cluster.request.get("SecurityConfiguration"):
                raise invalid(
                    "Runtime roles need a security configuration with "
                    "EnableApplicationScopedIAMRole."
                )
            return {"StepIds": self._add(cluster, parameters["Steps"], role)}

    def _add(self, cluster: Cluster, steps: Sequence[Parameters], role: str | None) -> list[str]:
        now = self._world.clock.now()
        added = [Step(cluster.id, step, now, cluster.log_uri, role) for step in steps]
        for step in added:
            if hidden := self._world.faults.take(["hidden step"], step.name):
                step.hidden_until = now + (hidden.seconds or 0.0)
            self._world.record_event(step.id, f"PENDING {step.name} on {cluster.id}")
        cluster.steps += added
        return [step.id for step in added]

    def _list_steps(self, parameters: Parameters) -> dict[str, Any]:
        now = self._world.clock.now()
        ids, states = parameters.get("StepIds", []), parameters.get("StepStates", [])
        if len(ids) > 10:
            raise invalid("At most 10 step ids may be given.")
        with self._world.changed:
            items = [
                step.describe(now)
                for step in reversed(self._cluster(parameters).steps)
                if step.hidden_until <= now
                and (not states or step.state in states)
                and (not ids or step.id in ids)
            ]
        return self._page("Steps", items, parameters)

    def _describe_step(self, parameters: Parameters) -> dict[str, Any]:
        with self._world.changed:
            step = self._step(self._cluster(parameters), parameters["StepId"])
            return {"Step": step.describe(self._world.clock.now())}

    def _cancel_steps(self, parameters: Parameters) -> dict[str, Any]:
        option = parameters.get("StepCancellationOption", "SEND_INTERRUPT")
        with self._world.changed:
            cluster = self._cluster(parameters)
            infos = [self._cancel(cluster, step_id, option) for step_id in parameters["StepIds"]]
        return {"CancelStepsInfoList": infos}

    def _cancel(self, cluster: Cluster, step_id: str, option: str) -> dict[str, str]:
        step = next((step for step in cluster.steps if step.id == step_id), None)
        if step is None or not step.active:
            why = f"the step is {step.state}" if step else "the step does not exist"
            return {"StepId": step_id, "Status": "FAILED", "Reason": f"Can't cancel: {why}"}
        if step.state == "PENDING":
            step.state, step.ended = "CANCELLED", self._world.clock.now()
        else:
            step.state = "CANCEL_PENDING"
            step.cancel = (self._world.clock.now() + self._world.delays.cancel, option)
        self._world.record_event(step.id, f"{step.state} {step.name}, {option}")
        return {"StepId": step_id, "Status": "SUBMITTED"}

    def _terminate_job_flows(self, parameters: Parameters) -> dict[str, Any]:
        if len(parameters["JobFlowIds"]) > 10:
            raise invalid("At most 10 job flows may be terminated at once.")
        clusters = [self._cluster({"ClusterId": one}) for one in parameters["JobFlowIds"]]
        if any(cluster.protected and cluster.state not in OVER for cluster in clusters):
            raise invalid(
                "Could not shut down one or more job flows since they are termination protected."
            )
        for cluster in clusters:
            cluster.end(USER)
        return {}

    def _list_instances(self, parameters: Parameters) -> dict[str, Any]:
        cluster = self._cluster(parameters)
        states, fleet = parameters.get("InstanceStates", []), parameters.get("InstanceFleetId")
        kind = parameters.get("InstanceFleetType")
        kinds = [kind] if kind else parameters.get("InstanceGroupTypes", [])
        fleets = "InstanceFleets" in cluster.request["Instances"]
        items = [
            instance.describe(fleets=fleets)
            for instance in cluster.instances
            if (not states or instance.state in states)
            and (not kinds or instance.role in kinds)
            and instance.group == (fleet or parameters.get("InstanceGroupId") or instance.group)
        ]
        return self._page("Instances", items, parameters)

    def _list_instance_fleets(self, parameters: Parameters) -> dict[str, Any]:
        cluster = self._cluster(parameters)
        if "InstanceFleets" not in cluster.request["Instances"]:
            raise unknown("Instance fleets and instance groups are mutually exclusive.")
        state = {"STARTING": "PROVISIONING", **dict.fromkeys(OVER, "TERMINATED")}
        shown = state.get(cluster.state, "RUNNING")
        items = [group.describe(cluster.instances, shown) for group in cluster.groups]
        return {"InstanceFleets": items}

    def _describe_release_label(self, parameters: Parameters) -> dict[str, Any]:
        label = parameters.get("ReleaseLabel", "")
        if label not in SPARK_OF:
            raise invalid(f"The supplied release label is invalid: {label}.")
        return release(label)

    def _page(self, key: str, items: list[T], parameters: Parameters) -> dict[str, Any]:
        """One page of the items, and a marker if there are more."""
        marker = parameters.get("Marker", "")
        if marker and not marker.startswith("after-"):
            raise unknown("The marker is not valid.")
        start = int(marker.removeprefix("after-") or 0)
        end = start + self._world.page
        more = {"Marker": f"after-{end}"} if len(items) > end else {}
        return {key: items[start:end], **more}

    def _cluster(self, parameters: Parameters) -> Cluster:
        wanted = parameters.get("ClusterId") or parameters.get("JobFlowId")
        for cluster in self.clusters:
            if cluster.id == wanted:
                return cluster
        if "JobFlowId" in parameters:
            raise invalid("Specified job flow ID does not exist.")
        raise unknown(f"Cluster id '{wanted}' is not valid.")

    def _step(self, cluster: Cluster, wanted: str) -> Step:
        for step in cluster.steps:
            if step.id == wanted:
                return step
        raise unknown(f"Step id '{wanted}' is not valid.")
