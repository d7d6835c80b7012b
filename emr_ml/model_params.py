"""Parameters of the model."""

from typing import Annotated

import dagster as dg
from pydantic import ConfigDict, Field


class ModelParams(dg.Config):
    """Parameters of the model: defaults for every run, which the launchpad can override."""

    model_config = ConfigDict(extra="forbid")

    text_features: int = Field(2**18, ge=1, description="length of the hashed vector of a text")
    max_ngram: int = Field(2, ge=1, le=5, description="words in a term, at most")
    binary_terms: bool = Field(True, description="a term counts once, however often it occurs")
    inverse_document_frequency: bool = Field(True, description="rare terms weigh more")
    regularization: list[Annotated[float, Field(ge=0)]] = Field(
        [1e-6, 1e-4, 1e-2],
        min_length=1,
        description="L2 penalties to try; the validation side chooses",
    )
    max_iterations: int = Field(100, ge=1, description="iterations of L-BFGS, at most")
    tolerance: float = Field(1e-5, gt=0, description="relative change at which L-BFGS stops")
