"""The rooms of the house: what each says it holds, and which tests a change of one needs.

`python -m tests.rooms` writes the table "What lies where" of docs/architecture.md anew, from the rooms' own words.
`python -m tests.rooms quick [ROOM ...]` prints the tests that `make quick` runs.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

from plumbing.files import ROOT

PAGE = ROOT / "docs" / "architecture.md"
HEAD = "| folder | holds |\n|---|---|\n"
FLOORS = (
    *("plumbing", "wording", "data", "screening", "metrics", "signatures"),
    *("programs", "optimizers", "reports", "app"),
)
"""As they stand on each other, the lowest first."""
ALWAYS = ("tests/test_closures.py", "tests/test_circles.py", "tests/test_docs.py")
"""What a change of any room may break: the computed hashes, the arrows, the pages."""
_LINKS = re.compile(r" \((?:\[[^\]]+\]\([^)]+\)(?:, )?)+\)$")


def rooms() -> dict[str, str]:
    """Every folder of code and the first paragraph of what its `__init__` says."""
    found = {}
    for floor in FLOORS:
        for file in sorted((ROOT / floor).rglob("__init__.py"), key=lambda file: file.parent.parts):
            words = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""
            found[file.parent.relative_to(ROOT).as_posix()] = " ".join(words.split("\n\n")[0].split())
    return found


def rows(text: str) -> dict[str, str]:
    """The table as it stands on the page: folder and words, links included."""
    table = text.partition(HEAD)[2].partition("\n\n")[0]
    return dict(re.findall(r"^\| `([^`]+)/` \| (.*) \|$", table, re.MULTILINE))


def without_links(words: str) -> str:
    return _LINKS.sub("", words)


def written_anew(text: str) -> str:
    """The page with its table from the rooms' words; the links that stand behind them stay."""
    before, head, rest = text.partition(HEAD)
    links = {folder: words[len(without_links(words)) :] for folder, words in rows(text).items()}
    table = "\n".join(f"| `{folder}/` | {words}{links.get(folder, '')} |" for folder, words in rooms().items())
    return before + head + table + "\n\n" + rest.partition("\n\n")[2]


def changed(since: str = "main") -> list[str]:
    """Files that differ from where this branch left `since`, those not yet added included."""
    base = _git("merge-base", "HEAD", since) or ["HEAD"]
    return sorted({*_git("diff", "--name-only", base[0]), *_git("ls-files", "--others", "--exclude-standard")})


def tests_of(path: str) -> list[str]:
    """The tests of a room or of one file: a test itself, those of the same place under tests/."""
    place = Path(path)
    if place.parts[0] == "tests":
        return [path] if place.name.startswith("test_") else _inside(place.parent)
    mirrored = Path("tests") / place
    own = mirrored.with_name(f"test_{place.name}")
    if place.suffix == ".py" and (ROOT / own).is_file():
        return [own.as_posix()]
    return _inside(mirrored.parent if place.suffix else mirrored)


def quick(chosen: list[str]) -> list[str]:
    """Test files and folders for the chosen rooms, by default for all that changed since main."""
    wanted = {test for path in chosen or changed() for test in tests_of(path)}
    inside = {one for one in wanted if any(Path(one).is_relative_to(other) for other in wanted - {one})}
    return [*sorted(wanted - inside - set(ALWAYS)), *ALWAYS]


def _inside(folder: Path) -> list[str]:
    """A folder of tests, or the one file in its place; of a whole floor those that lie directly in it."""
    alone = folder.with_name(f"test_{folder.name}.py")
    if (ROOT / alone).is_file():
        return [alone.as_posix()]
    if not (ROOT / folder).is_dir() or folder.name not in FLOORS:
        return [folder.as_posix()] if (ROOT / folder).is_dir() and len(folder.parts) > 2 else []
    return sorted(file.relative_to(ROOT).as_posix() for file in (ROOT / folder).glob("test_*.py"))


def _git(*words: str) -> list[str]:
    done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.split("\n")[:-1]


if __name__ == "__main__":
    if sys.argv[1:2] == ["quick"]:
        print(*quick(sys.argv[2:]))
    else:
        PAGE.write_text(written_anew(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
