"""Challenger against champion: who is champion after a run, and why."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from logging import Logger

import dagster as dg

from emr_ml.champions.compatibility import Terms, terms_of
from emr_ml.champions.promotion import Ruling, failed_checks, rule
from emr_ml.contract import Contract
from emr_ml.lake.champion import MODEL, Champion, Record, promote, read_record
from emr_ml.lake.inputs import committed_input, committed_report, find_input
from emr_ml.lake.versions import VersionSpec, code_of
from emr_ml.launchers.base import Launcher, Outcome
from spark_jobs.runtime.attempt import now
from spark_jobs.runtime.job import Input, JobError
from spark_jobs.runtime.lake import Lake
from spark_jobs.runtime.report import Report, read_report

MOST_ROUNDS = 20
ASSET = "champion_model"
NOBODY = "none"  # the version of the champion, as long as there is none


@dataclass(frozen=True)
class Contest:
    """A challenger, the reports of what it was made of and measured by, and who runs the jobs."""

    challenger: Report
    evidence: tuple[Report, ...]
    contract: Contract
    launcher: Launcher
    run_id: str
    force: bool = False

    @property
    def lake(self) -> Lake:
        return self.launcher.lake


@dataclass(frozen=True)
class ContestResult:
    """How a contest ended; `before` is the version that was champion, `outcome` the comparison."""

    ruling: Ruling
    before: str | None
    outcome: Outcome | None = None

    def champion(self, challenger: str) -> str:
        """The version that is champion now."""
        return challenger if self.ruling.promoted else self.before or NOBODY


def contest_of(
    context: dg.AssetExecutionContext, launcher: Launcher, contract: Contract, *, force: bool
) -> Contest:
    """The contest of the model that this run trained, or else of the current one.

    Raises:
        JobError: there is none, or its metrics have not been computed.
    """
    lake = launcher.lake
    version = find_input(context, lake, MODEL).version
    challenger = committed_report(lake, MODEL, version)
    measured = committed_report(lake, "metrics", find_input(context, lake, "metrics").version)
    if measured.inputs[MODEL] != version:
        raise JobError(
            f"{MODEL} {version} has no metrics yet, those that are there are of "
            f"{measured.inputs[MODEL]}: materialize metrics, then {ASSET}"
        )
    dataset = committed_report(lake, "processed_dataset", challenger.inputs["processed_dataset"])
    evidence = (dataset, challenger, measured)
    return Contest(challenger, evidence, contract, launcher, context.run.run_id, force)


def hold(contest: Contest, log: Logger) -> ContestResult:
    """Rule, and write who is champion; if that has changed meanwhile, rule again.

    Raises:
        JobError, LaunchError: the two could not be compared, in words for the user.
    """
    for _ in range(MOST_ROUNDS):
        verdict = _ruled(contest, read_record(contest.lake), log)
        if not verdict.ruling.promoted:
            return verdict
        how = "better" if verdict.outcome else "first"
        reason, version = verdict.ruling.reason, contest.challenger.version
        entry = Champion(version, contest.run_id, now(), how, reason)
        if promote(contest.lake, entry, verdict.before):
            return verdict
        log.info("the champion has changed meanwhile, so the new one is the one to beat")
    raise JobError(f"the champion has changed {MOST_ROUNDS} times meanwhile: materialize {ASSET}")


def _ruled(contest: Contest, record: Record, log: Logger) -> ContestResult:
    version = contest.challenger.version
    before = record.champion.version if record.champion else None
    if version == before:
        return ContestResult(_stays("it is the champion already"), before)
    by_hand = f"`emr-ml promote {version}` makes it champion all the same"
    if version in record.barred:
        return ContestResult(_stays(f"{version} was rolled back: {by_hand}"), before)
    if failed := failed_checks(contest.lake, contest.contract, contest.evidence):
        said = f"{version} failed {'; '.join(failed)}. Mend that; {by_hand}"
        ruling = Ruling(promoted=False, reason=said, facts={"failed_checks": failed})
        return ContestResult(ruling, before)
    if reason := _unopposed(contest, before):
        return ContestResult(Ruling(promoted=True, reason=reason, facts={}), before)
    assert before, "somebody is opposed"
    if problem := _incomparable(contest, before):
        said = f"the champion {before} can't be compared with {version}: {problem}. {by_hand}"
        return ContestResult(_stays(said), before)
    return _compared(contest, before, log)


def _unopposed(contest: Contest, champion: str | None) -> str | None:
    """Why nobody stands against a challenger that has passed its checks; None if somebody does."""
    if champion is None:
        return "it passed all checks, and there was no champion"
    terms, others = _terms(contest, champion)
    if terms and others and (other := terms.other_task(others)):
        return f"it passed all checks, and the champion is for another task: {other}"
    return None


def _incomparable(contest: Contest, champion: str) -> str | None:
    terms, others = _terms(contest, champion)
    if terms is None or others is None:
        return f"{contest.lake.root} does not tell any more what they were trained on"
    return terms.why_not(others)


def _terms(contest: Contest, champion: str) -> tuple[Terms | None, Terms | None]:
    """What champion and challenger were trained on."""
    report = read_report(contest.lake, MODEL, champion)
    of_champion = terms_of(contest.lake, report.report) if report else None
    return of_champion, terms_of(contest.lake, contest.challenger)


def _compared(contest: Contest, champion: str, log: Logger) -> ContestResult:
    lake, challenger = contest.lake, contest.challenger
    terms = terms_of(lake, challenger)
    assert terms, "they are comparable"
    inputs: Mapping[str, Input] = {
        MODEL: committed_input(lake, MODEL, challenger.version),
        "champion": committed_input(lake, MODEL, champion),
        "processed_dataset": committed_input(
            lake, "processed_dataset", challenger.inputs["processed_dataset"]
        ),
    }
    work = VersionSpec(
        asset=ASSET,
        run_id=contest.run_id,
        inputs=inputs,
        contract={"label": terms.label, "split": terms.split},
        params={},
        code=code_of(ASSET),
        spark=contest.launcher.spark,
        force=contest.force,
    )
    outcome = contest.launcher.launch(work, log)
    ruling = rule(outcome.report.figures, contest.contract.promotion)
    if not ruling.promoted:
        ruling = replace(ruling, reason=f"{challenger.version} has {ruling.reason}")
    return ContestResult(ruling, champion, outcome)


def _stays(reason: str) -> Ruling:
    return Ruling(promoted=False, reason=reason, facts={})
