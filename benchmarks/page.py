"""docs/benchmarks.md: each command has a section of its own."""

from pathlib import Path

from emr_ml.settings import ROOT

PAGE = ROOT / "docs" / "benchmarks.md"
TITLE = "# Benchmarks\n\nThe commands write their figures here themselves.\n"


def replace(page: Path, name: str, section: str) -> None:
    """Put the section of that name into the page, in the place of the one that is there."""
    begin, finish = f"<!-- begin: {name} -->", f"<!-- end: {name} -->"
    text = page.read_text() if page.exists() else TITLE
    before, _, rest = text.partition(begin)
    after = rest.partition(finish)[2].lstrip("\n")
    page.write_text(f"{before.rstrip()}\n\n{begin}\n{section}\n{finish}\n{after}")
