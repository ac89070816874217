"""What the site needs beside the pages of docs/: pages from outside of it, and the reference.

Links are written for a code host, where `../data/README.md` leads out of docs/. Here README.md is the first page, other
pages from outside stand under their own path, and any other file that a page links to is shown as a page of its source.
MkDocs finds these functions by their names (https://www.mkdocs.org/dev-guide/plugins/#events).
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parents[2]
DOCS = "docs/"
OUTSIDE = {"README.md": "index.md", "data/README.md": "data/README.md"}
"""Pages outside of docs/, from the root of the project, and where they stand in the site."""
REFERENCE = {
    "debts": ("data.domain", "data.terms", "data.dimensions", "data.policy", "data.amounts"),
    "books and accounts": ("data.book", "data.accounts", "data.importing.importing", "data.completing.drawing"),
    "programs": ("programs", "programs.maden", "programs.artifacts.document", "programs.models.make"),
    "the table": ("programs.table", "programs.table.guard", "programs.creditor.seat"),
    "metrics": ("metrics.evaluator", "metrics.records", "metrics.scorecard", "metrics.money.oracle"),
    "comparing": ("programs.comparison.paired", "metrics.statistics.imputation"),
    "optimisers": ("optimizers.registry", "optimizers.compile_config"),
    "errors": ("plumbing.errors", "programs.table.failures"),
}
"""The modules that other code builds on, by page."""

_FENCED = re.compile(r"(^```.*?^```)", re.DOTALL | re.MULTILINE)
_LINK = re.compile(r"(?<=\]\()([^)\s#]+)")
_LANGUAGES = {".py": "python", ".toml": "toml", ".json": "json", ".conf": "nginx"}


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages from outside, the sources that pages link to, and the reference."""
    for origin, place in OUTSIDE.items():
        files.append(File.generated(config, place, content=(ROOT / origin).read_text(encoding="utf-8")))
    linked = {target for file in list(files.documentation_pages()) for target in _sources(file)}
    for target in sorted(linked):
        files.append(File.generated(config, _place(target), content=_shown(target)))
    for name, modules in REFERENCE.items():
        text = "\n\n".join((f"# {name.capitalize()}", *(f"::: {module}" for module in modules)))
        files.append(File.generated(config, f"reference/{name.replace(' ', '-')}.md", content=text))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Turn links that leave docs/ into links to where the file stands in the site."""
    origin = _origin(page.file)
    here = posixpath.dirname(page.file.src_uri)

    def moved(link: re.Match[str]) -> str:
        target = _target(origin, link[0])
        return link[0] if target is None else posixpath.relpath(_place(target), here or ".")

    parts = _FENCED.split(markdown)
    return "".join(part if _FENCED.match(part) else _LINK.sub(moved, part) for part in parts)


def _origin(file: File) -> str:
    """Where a page is written, from the root of the project."""
    return next((origin for origin, place in OUTSIDE.items() if place == file.src_uri), DOCS + file.src_uri)


def _target(origin: str, link: str) -> str | None:
    """What a link of a page leads to, from the root of the project; None: nothing there."""
    if "://" in link or link.startswith(("mailto:", "/")):
        return None
    path = posixpath.normpath(posixpath.join(posixpath.dirname(origin), link))
    path = f"{path}/README.md" if (ROOT / path / "README.md").is_file() else path
    return path if (ROOT / path).is_file() else None


def _place(target: str) -> str:
    """Where a file of the project stands in the site."""
    if target in OUTSIDE:
        return OUTSIDE[target]
    return f"source/{target}.md" if _is_source(target) else target.removeprefix(DOCS)


def _is_source(target: str) -> bool:
    """Whether a file is no part of the site by itself; the code in docs/ is left out of it."""
    return target not in OUTSIDE and (not target.startswith(DOCS) or target.endswith(".py"))


def _sources(file: File) -> set[str]:
    """The files that a page links to and that are to be shown as pages."""
    links = _LINK.findall(_FENCED.sub("", file.content_string))
    found = {target for link in links if (target := _target(_origin(file), link))}
    return {target for target in found if _is_source(target)}


def _shown(target: str) -> str:
    path = ROOT / target
    language = _LANGUAGES.get(path.suffix, "text")
    return f"# {target}\n\n``````{language}\n{path.read_text(encoding='utf-8').rstrip()}\n``````\n"
