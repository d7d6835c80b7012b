"""The site of docs/: what it is assembled from, and what its check finds."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from scripts.docs_site import CONFIG, PAGES, ROOT, assemble, problems_of

PAGE = '<html><body><h1 id="top">Top</h1>{}</body></html>'


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    texts = {
        "README.md": "",
        "CHANGELOG.md": "[a page](docs/page.md#top)",
        "CONTRIBUTING.md": "",
        "docs/index.md": "[the changes](../CHANGELOG.md) [elsewhere](https://example.com/docs/x)",
        "docs/page.md": "[the policy](../infra/policy.json) [start](../README.md)",
        "docs/reference/deep.md": "[start](../index.md) [the policy](../../infra/policy.json)",
        "infra/policy.json": "{}",
        "infra/secret.json": "{}",
    }
    for name, text in texts.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def test_links_of_the_repository_lead_to_where_the_files_are_in_the_site(checkout: Path) -> None:
    target = checkout / "build"

    assemble(checkout, target)

    assert (target / "CHANGELOG.md").read_text() == "[a page](page.md#top)"
    assert (
        target / "index.md"
    ).read_text() == "[the changes](CHANGELOG.md) [elsewhere](https://example.com/docs/x)"
    assert (target / "page.md").read_text() == "[the policy](infra/policy.json) [start](index.md)"
    assert (
        target / "reference" / "deep.md"
    ).read_text() == "[start](../index.md) [the policy](../infra/policy.json)"


def test_only_files_that_a_page_links_to_are_published(checkout: Path) -> None:
    target = checkout / "build"

    assemble(checkout, target)

    assert [path.name for path in (target / "infra").iterdir()] == ["policy.json"]


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ('<a href="other.html">', "leads nowhere: other.html"),
        ('<a href="page.html#bottom">', "leads nowhere: page.html#bottom"),
        ('<a href="#bottom">', "leads nowhere: #bottom"),
        ('<img src="missing.png">', "leads nowhere: missing.png"),
        (
            '<script src="https://example.com/a.js"></script>',
            "loads from elsewhere: https://example.com/a.js",
        ),
        (
            '<link rel="stylesheet" href="//example.com/a.css">',
            "loads from elsewhere: //example.com/a.css",
        ),
    ],
)
def test_a_broken_link_and_a_foreign_resource_are_named(
    tmp_path: Path, body: str, problem: str
) -> None:
    (tmp_path / "page.html").write_text(PAGE.format(body))

    assert problems_of(tmp_path) == [f"page.html: {problem}"]


def test_links_to_pages_headings_and_other_sites_are_fine(tmp_path: Path) -> None:
    links = ("page.html#top", "#top", ".", "https://example.com/", "mailto:you@example.com")
    body = "".join(f'<a href="{link}">' for link in links)
    (tmp_path / "page.html").write_text(PAGE.format(body))
    (tmp_path / "index.html").write_text(PAGE.format(""))

    assert problems_of(tmp_path) == []


def pages_below(entry: Any) -> list[str]:
    if isinstance(entry, str):
        return [entry]
    entries = entry.values() if isinstance(entry, dict) else entry
    return [page for each in entries for page in pages_below(each)]


def test_each_page_is_once_in_the_navigation() -> None:
    navigation = pages_below(tomllib.loads(CONFIG.read_text(encoding="utf-8"))["project"]["nav"])
    docs = ROOT / "docs"

    pages = [path.relative_to(docs).as_posix() for path in docs.rglob("*.md")]

    assert sorted(navigation) == sorted([*pages, *PAGES]), "list each page in zensical.toml"
