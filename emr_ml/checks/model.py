"""Checks of a model: its fit converged, its weights are finite, and no feature leaks the label."""

from collections.abc import Sequence
from typing import Any

from emr_ml.checks.check import CheckContext, Evaluation, blocking_check, check
from spark_jobs.learning.figures import FeatureShare


@check
def converged(context: CheckContext) -> Evaluation:
    """The fit ended before its maximum of iterations, or its last ones changed almost nothing."""
    figures, params = context.model_figures, context.report.params
    iterations = figures.get("iterations")
    passed = figures.get("converged", True) or figures.get("stopped_early", False)
    problem = (
        f"the fit was still improving after {iterations} iterations: raise `max_iterations`, or "
        "use larger values of `regularization`"
    )
    limits = {"iterations": iterations, "max_iterations": params.get("max_iterations")}
    return Evaluation(None if passed else problem, {} if iterations is None else limits)


@blocking_check
def coefficients_finite(context: CheckContext) -> Evaluation:
    """Every coefficient is a finite number."""
    problem = (
        "a coefficient is not a finite number: use larger values of `regularization`, and look "
        "for extreme numbers in the columns"
    )
    return Evaluation(None if context.model_figures.get("finite", True) else problem)


@check
def leak_suspicion(context: CheckContext) -> Evaluation:
    """No feature of several has more than `max_feature_share` of all weight, or explains more
    of the label alone.
    """
    figures, threshold = context.model_figures, context.contract.checks.max_feature_share
    weight, explains = figures.get("share_of_strongest"), figures.get("explains_most")
    suspicions: list[tuple[str, str]] = []
    if figures.get("weighed_features", 0) > 1:
        # a copy of the label shares its weight with correlated features, so that its weight alone
        # does not reveal it
        if explains and explains["share"] > threshold:
            share = f"{explains['share']:.1%}"
            suspicions.append((explains["feature"], f"explains {share} of the label alone"))
        if weight and weight["share"] > threshold:
            suspicions.append((weight["feature"], f"has {weight['share']:.1%} of all weight"))
    problem = (
        f"{_join_by_feature(suspicions)}, more than {threshold:.1%}: find out whether it is known "
        "before the label is. If not, remove it from `columns`; if it is, raise "
        "`max_feature_share` under `checks`"
    )
    return Evaluation(
        problem if suspicions else None,
        {
            "max_feature_share": threshold,
            **_share_metadata("weight", weight),
            **_share_metadata("explains", explains),
        },
    )


MODEL_CHECKS = (converged, coefficients_finite, leak_suspicion)


def _join_by_feature(suspicions: Sequence[tuple[str, str]]) -> str:
    by_feature: dict[str, list[str]] = {}
    for feature, suspicion in suspicions:
        by_feature.setdefault(feature, []).append(suspicion)
    return ", ".join(f"'{name}' {' and '.join(texts)}" for name, texts in by_feature.items())


def _share_metadata(name: str, share: FeatureShare | None) -> dict[str, Any]:
    return {} if share is None else {f"most_{name}": share["feature"], name: share["share"]}
