"""Checks of a model: it came to an end, its numbers are numbers, nothing gives the label away."""

from collections.abc import Mapping, Sequence
from typing import Any

import dagster as dg

from emr_ml.checks.evidence import Evidence

CONVERGED = "converged"
COEFFICIENTS_FINITE = "coefficients_finite"
LEAK_SUSPICION = "leak_suspicion"


def model_checks(asset: str) -> list[dg.AssetCheckSpec]:
    """What `judge_model` evaluates."""
    return [
        dg.AssetCheckSpec(
            CONVERGED,
            asset=asset,
            description="The fit came to an end before the most iterations that it may take, or "
            "the last of them changed next to nothing.",
        ),
        dg.AssetCheckSpec(
            COEFFICIENTS_FINITE,
            asset=asset,
            blocking=True,
            description="Every coefficient is a finite number.",
        ),
        dg.AssetCheckSpec(
            LEAK_SUSPICION,
            asset=asset,
            description="No feature of several has more than `max_feature_share` of all weight, "
            "or tells by itself more than that of the label.",
        ),
    ]


def judge_model(evidence: Evidence) -> list[dg.AssetCheckResult]:
    """Whether the fit came to an end in finite numbers, and nothing gives the label away."""
    figures = evidence.report.figures
    finite = figures.get("finite", True)
    return [
        _converged(figures, evidence.report.params),
        dg.AssetCheckResult(
            passed=finite,
            check_name=COEFFICIENTS_FINITE,
            description=None
            if finite
            else "a coefficient is not a finite number: give larger values of `regularization`, "
            "and look for numbers of extreme size in the columns",
        ),
        _leak_suspicion(figures, evidence.contract.checks.max_feature_share),
    ]


def _converged(figures: Mapping[str, Any], params: Mapping[str, Any]) -> dg.AssetCheckResult:
    iterations = figures.get("iterations")
    passed = figures.get("converged", True) or figures.get("stopped_early", False)
    return dg.AssetCheckResult(
        passed=passed,
        check_name=CONVERGED,
        severity=dg.AssetCheckSeverity.WARN,
        description=None
        if passed
        else f"the fit was still getting better after {iterations} iterations: set more "
        "`max_iterations`, or larger values of `regularization`",
        metadata={}
        if iterations is None
        else {"iterations": iterations, "max_iterations": params.get("max_iterations")},
    )


def _leak_suspicion(figures: Mapping[str, Any], most: float) -> dg.AssetCheckResult:
    weight, telling = figures.get("share_of_strongest"), figures.get("explains_most")
    several = figures.get("weighed_features", 0) > 1
    # a copy of the label shares its weight with what goes along with the label, so that its weight
    # alone would not give it away
    suspicions = [
        (found["feature"], says.format(found["share"]))
        for found, says in (
            (telling, "tells {:.1%} of the label by itself"),
            (weight, "has {:.1%} of all weight"),
        )
        if several and found and found["share"] > most
    ]
    return dg.AssetCheckResult(
        passed=not suspicions,
        check_name=LEAK_SUSPICION,
        severity=dg.AssetCheckSeverity.WARN,
        description=f"{_sentence(suspicions)}, more than {most:.1%}: find out whether it is known "
        "before the label is. If not, leave it out of `columns`; if it is, set a larger "
        "`max_feature_share` under `checks`"
        if suspicions
        else None,
        metadata={
            "max_feature_share": most,
            **_told("weight", weight),
            **_told("explains", telling),
        },
    )


def _sentence(suspicions: Sequence[tuple[str, str]]) -> str:
    said: dict[str, list[str]] = {}
    for feature, what in suspicions:
        said.setdefault(feature, []).append(what)
    return ", ".join(f"'{feature}' {' and '.join(what)}" for feature, what in said.items())


def _told(what: str, found: Mapping[str, Any] | None) -> dict[str, Any]:
    return {} if found is None else {f"most_{what}": found["feature"], what: found["share"]}
