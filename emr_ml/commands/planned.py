"""What `emr-ml plan` prints of one deployment."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Planned:
    """The requests of one deployment.

    Args:
        document: for `--json`.
        lines: for people; a line may have several.
        missing: what the document lacks, and why; "" if it is whole. The lines say it, too.
    """

    document: Mapping[str, Any]
    lines: tuple[str, ...]
    missing: str = ""
