from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

pytest.importorskip("sqlalchemy", reason="needs the extra app")

from app.database.migrating import migrate
from app.database.transactions import Database


def modes(folder: Path) -> dict[str, int]:
    return {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}


@pytest.fixture(params=[0o000, 0o022, 0o077])
def mask(request):
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def test_the_database_is_its_owners_alone_whatever_the_umask(tmp_path, mask):
    database = Database(f"sqlite:///{tmp_path / 'app.sqlite'}")
    try:
        migrate(database)
        assert {"app.sqlite", "app.sqlite-wal", "app.sqlite-shm"} <= set(found := modes(tmp_path))
        assert set(found.values()) == {0o600}
    finally:
        database.close()


def test_a_database_that_everybody_could_read_is_taken_from_them_and_a_group_keeps_what_it_was_given(tmp_path):
    for before, after in [(0o644, 0o600), (0o666, 0o600), (0o640, 0o640), (0o600, 0o600)]:
        path = tmp_path / f"{before:o}.sqlite"
        path.touch()
        path.chmod(before)
        Database(f"sqlite:///{path}").close()
        assert modes(tmp_path)[path.name] == after


def test_a_database_in_memory_makes_no_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for url in ("sqlite://", "sqlite:///:memory:"):
        Database(url).close()
    assert list(tmp_path.iterdir()) == []
