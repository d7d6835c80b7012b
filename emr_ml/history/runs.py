"""Runs: when, for how long, what they computed or reused, and why one failed."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import dagster as dg

from emr_ml.lake.versions import DATA_VERSION
from emr_ml.ui.console import refusal_or_cause

REUSED, COST = "reused", "cost_usd"  # metadata of a materialization
EVENTS = dg.DagsterEventType
FAILED = dg.DagsterRunStatus.FAILURE


@dataclass(frozen=True)
class RunSummary:
    """One run.

    Args:
        run_id: of the run.
        job: that was run, such as `training_job`.
        state: `success`, `failure`, `canceled`, `started`, `queued` and so on.
        requested: when it was asked for, in seconds since 1970; so are the next two.
        started: None before it starts.
        ended: None before it ends.
        computed: the version of each asset that was computed, by the asset's key.
        reused: the same of those that had been computed before.
        cause: why it failed, in one line; "" if it did not.
        cost_usd: of its jobs at list prices, as far as AWS told them; None if no job had a price.
    """

    run_id: str
    job: str
    state: str
    requested: float
    started: float | None = None
    ended: float | None = None
    computed: dict[str, str] = field(default_factory=dict[str, str])
    reused: dict[str, str] = field(default_factory=dict[str, str])
    cause: str = ""
    cost_usd: float | None = None

    def seconds(self, now: float) -> float | None:
        """Return how long it took, or has been running until now; None before it starts."""
        return None if self.started is None else (self.ended or now) - self.started

    def as_json(self, now: float) -> dict[str, Any]:
        """Return JSON values, with times in UTC."""
        return {
            **vars(self),
            "requested": _iso(self.requested),
            "started": _iso(self.started),
            "ended": _iso(self.ended),
            "seconds": self.seconds(now),
        }


def recent_runs(
    instance: dg.DagsterInstance, limit: int, *, failed_only: bool = False
) -> Iterator[RunSummary]:
    """Yield the last runs, the newest first.

    Args:
        instance: has the history.
        limit: at most so many.
        failed_only: only those that failed.
    """
    filters = dg.RunsFilter(statuses=[FAILED]) if failed_only else None
    for record in instance.get_run_records(filters, limit=limit):
        run = record.dagster_run
        computed, reused, costs = _materialized(instance, run.run_id)
        yield RunSummary(
            run.run_id,
            run.job_name,
            run.status.value.lower(),
            record.create_timestamp.timestamp(),
            record.start_time,
            record.end_time,
            computed,
            reused,
            _cause(instance, run.run_id) if run.status is FAILED else "",
            round(sum(costs), 6) if costs else None,
        )


def _materialized(
    instance: dg.DagsterInstance, run_id: str
) -> tuple[dict[str, str], dict[str, str], list[float]]:
    """Return the versions that were computed, those that were reused, and the costs of jobs."""
    computed, reused, costs = dict[str, str](), dict[str, str](), list[float]()
    found = instance.get_records_for_run(run_id, of_type=EVENTS.ASSET_MATERIALIZATION)
    for record in found.records:
        if event := record.asset_materialization:
            flag = event.metadata.get(REUSED)
            versions = reused if flag and flag.value else computed
            versions[event.asset_key.to_user_string()] = (event.tags or {}).get(DATA_VERSION, "")
            cost = event.metadata.get(COST)
            if versions is computed and cost and isinstance(cost.value, int | float):
                costs.append(float(cost.value))
    return computed, reused, costs


def _cause(instance: dg.DagsterInstance, run_id: str) -> str:
    """Return the first line of why a run failed, after the name of the step."""
    for entry in _events(instance, run_id, EVENTS.STEP_FAILURE):
        evaluations = [
            event.asset_check_evaluation_data
            for event in _events(instance, run_id, EVENTS.ASSET_CHECK_EVALUATION)
        ]
        cause = refusal_or_cause(entry, evaluations) or entry.message or "failed"
        return f"{entry.step_key}: {_first_line(cause)}"
    for entry in _events(instance, run_id, EVENTS.RUN_FAILURE):
        return _first_line(entry.message or "")
    return ""


def _events(
    instance: dg.DagsterInstance, run_id: str, kind: dg.DagsterEventType
) -> Iterator[dg.DagsterEvent]:
    for record in instance.get_records_for_run(run_id, of_type=kind).records:
        if event := record.event_log_entry.dagster_event:
            yield event


def _first_line(text: str) -> str:
    return next((line.strip() for line in text.splitlines() if line.strip()), "")


def _iso(seconds: float | None) -> str | None:
    if seconds is None:
        return None
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
