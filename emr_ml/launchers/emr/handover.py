"""Offer an attempt to a Spark application that this run has started and that waits for more work.

An attempt then needs neither a step of its own nor a start of Spark. The application belongs to the
step of an earlier attempt of the run. `spark_jobs/runtime/handover.py` has the application's side.
"""

import time
from dataclasses import replace
from logging import Logger

from emr_ml.aws.client import AWS_ERRORS
from emr_ml.lake.leases import LeaseFile
from emr_ml.lake.versions import digest
from emr_ml.launchers.base import LostError
from emr_ml.launchers.emr.context import LauncherContext
from emr_ml.launchers.emr.requests.step import spark_submit
from emr_ml.launchers.emr.shipping.shipment import Shipment
from emr_ml.launchers.remote.target import Attempt, attempt_name
from spark_jobs.runtime.handover import MAX_AGE_SECONDS, PAUSE_SECONDS, Handover, State
from spark_jobs.runtime.job import JobError
from spark_jobs.runtime.lake import Lake, Stored
from spark_jobs.runtime.report import lease_key
from spark_jobs.runtime.request_validation import parse_request

FOLDER = "clusters/handovers/"
# an application looks for an offer twice a second; one that does not take it has most likely ended
OFFER_SECONDS = 15.0
BUSY_SECONDS = 5.0
# smallest share of the step's time limit that must be left for an attempt that is handed over
LEAST_SHARE = 0.9


class Offer:
    """The offer of one attempt to an application that waits.

    The lease of the attempt records the key of the record as `handover` before the offer is made,
    and the application's `cluster`, `step` and `step_name` once it has taken the attempt.

    Args:
        context: of the launcher.
        attempt: the attempt.
        key: of the record.
    """

    def __init__(self, context: LauncherContext, attempt: Attempt, key: str) -> None:
        self._lake, self._polling = context.shared, context.polling
        self._attempt, self._key = attempt, key

    def make(self) -> bool:
        """Make the offer if an application waits; return whether it was taken.

        If it was not, it never will be.
        """
        # the application may still be ending the attempt whose result this one reads
        self._wait_while("taken", BUSY_SECONDS)
        record, stored = self._read()
        if record is None or record.state != "waiting" or self._location(record) is None:
            return False
        self._attempt.held.record(handover=self._key)
        offered = replace(
            record,
            state="offered",
            request=self._attempt.request_uri,
            module=self._attempt.module,
            more=self._attempt.more_follows,
        )
        offered.write(self._lake, self._key, stored)
        self._wait_while("offered", OFFER_SECONDS)
        return self.settle()

    def settle(self) -> bool:
        """Withdraw the offer unless it was taken; return whether it was.

        An application that waits without an offer is closed: one that was sent by a process that
        has died since may still arrive, and is refused then.

        Raises:
            LostError: it was taken, but where the application runs is not known any more.
        """
        while True:
            record, stored = self._read()
            if record is None or record.state == "closed":
                return False
            is_own = record.request == self._attempt.request_uri
            if is_own and record.state in ("taken", "waiting"):
                self._record_step(record)
                return True
            if not is_own and record.state != "waiting":
                return False
            if replace(record, state="closed").write(self._lake, self._key, stored):
                return False

    def close(self, *states: State) -> None:
        """Close the record if it is in one of these states."""
        record, stored = self._read()
        if record and record.state in states:
            replace(record, state="closed").write(self._lake, self._key, stored)

    def _wait_while(self, state: str, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            record, _ = self._read()
            if record is None or record.state != state:
                return
            time.sleep(min(self._polling.fast, PAUSE_SECONDS))

    def _read(self) -> tuple[Handover | None, Stored | None]:
        stored = self._lake.read(self._key)
        return (Handover.of(stored), stored) if stored else (None, None)

    def _record_step(self, record: Handover) -> None:
        location = self._location(record)
        if location is None:
            raise LostError(
                f"the Spark application that took the attempt was started for {record.host}, "
                "whose lease does not say any more where it runs"
            )
        self._attempt.held.record(**location)

    def _location(self, record: Handover) -> dict[str, str] | None:
        """Return where the application of a record runs, if the lease of its host still has it."""
        stored = self._lake.read(record.host.removeprefix(f"{self._lake.root}/"))
        if stored is None:
            return None
        host = parse_request(stored)
        folder = host.lake.removeprefix(self._lake.root).strip("/")
        lake = self._lake.below(folder) if folder else self._lake
        lease = LeaseFile(lake, lease_key(host.asset, host.version)).read()
        if lease is None or lease.attempt != host.attempt or not lease.location.get("step"):
            return None
        name = attempt_name(f"{folder}/{host.asset}".lstrip("/"), host.version, host.attempt)
        return {
            "cluster": lease.location["cluster"],
            "step": lease.location["step"],
            "step_name": f"{name} {lease.location['token']}",
        }


def handover_key(
    context: LauncherContext, attempt: Attempt, shipment: Shipment, cluster_name: str
) -> str | None:
    """Return the key of the record of offers to an application that could run the attempt.

    Only attempts of one run whose steps would be alike share an application. None if the time limit
    of steps is so short that they had better not.
    """
    config = context.config
    if config.step_limit_seconds * (1 - LEAST_SHARE) < MAX_AGE_SECONDS:
        return None
    # without the names of attempts, in which steps always differ
    command = spark_submit(config, context.endpoint, shipment.code, "", "/")
    alike = digest({"command": command, "role": config.runtime_role, "cluster": cluster_name})
    return f"{_prefix(attempt.held.lease.run_id)}{alike[:16]}.json"


def close_handovers(lake: Lake, run_id: str, log: Logger) -> None:
    """End the applications of a run that wait for more work."""
    for entry in list(lake.list(_prefix(run_id))):
        try:
            stored = lake.read(entry.key)
            record = Handover.of(stored) if stored else None
            if record and record.state in ("waiting", "offered"):
                replace(record, state="closed").write(lake, entry.key, stored)
        except (JobError, *AWS_ERRORS) as error:
            log.info("a Spark application that waits for work ends by itself: %s", error)


def _prefix(run_id: str) -> str:
    return f"{FOLDER}{run_id}-"
