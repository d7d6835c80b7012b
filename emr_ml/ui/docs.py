"""Links from Dagster's catalogue to the pages of the documentation.

Dagster shows a description as Markdown, in which a path is no link. So there are two ways to a
page: below "Source code", if the checkout is on this machine, and a link if EMR_ML_DOCS_URL says
where the pages are published.
"""

import inspect
import warnings
from collections.abc import Mapping
from typing import Any

import dagster as dg

from emr_ml.project import ROOT
from emr_ml.settings import PAGE, load_settings

FOLDER = "docs"


def described(text: str, page: str) -> str:
    """Return a description that ends with where to read more.

    Args:
        text: the description; a docstring as it is written.
        page: name of a page of the documentation, such as `report`.
    """
    url = load_settings().docs_url
    where = f"[{page}]({url.replace(PAGE, page)})" if url else f"`{FOLDER}/{page}.md`"
    return f"{inspect.cleandoc(text)}\n\nRead more: {where}"


def page_reference(page: str) -> Mapping[str, Any]:
    """Return metadata with which the UI opens a page in an editor, if the page is here."""
    path = ROOT / FOLDER / f"{page}.md"
    if not path.is_file():
        return {}
    with warnings.catch_warnings():
        # Dagster calls its links to files new
        warnings.simplefilter("ignore", dg.BetaWarning)
        reference = dg.LocalFileCodeReference(
            file_path=str(path), line_number=1, label=f"{FOLDER}/{page}.md"
        )
        return {
            "dagster/code_references": dg.CodeReferencesMetadataValue(code_references=[reference])
        }
