from __future__ import annotations

import random
import threading

import pytest

from plumbing.errors import UserError
from programs.playing.cluster import model_files
from programs.playing.cluster.model_files import FilesHere, received


class Store:
    """Stands for Ray's object store."""

    def __init__(self):
        self.held = []
        self.got = 0

    def put(self, part):
        self.held.append(part)
        return len(self.held) - 1

    def get(self, ref):
        self.got += 1
        return self.held[ref]


@pytest.fixture
def model(tmp_path, monkeypatch):
    monkeypatch.setattr(model_files, "PART_BYTES", 1000)
    path = tmp_path / "driver" / "tiny.gguf"
    path.parent.mkdir()
    path.write_bytes(b"GGUF" + random.Random(0).randbytes(4096))
    return path


def elsewhere(files, path, get, folder):
    """As a worker on another machine gets it, where nothing lies at the driver's path."""
    facts, hidden = files.facts(str(path)), path.with_suffix(".away")
    parts = files.parts(str(path))
    path.rename(hidden)
    try:
        return received(facts, lambda: parts, get, folder)
    finally:
        hidden.rename(path)


def test_a_file_comes_in_parts_and_is_kept_under_a_name_with_its_hash(model, tmp_path):
    store = Store()
    files = FilesHere(store)
    there = elsewhere(files, model, store.get, tmp_path / "node")
    assert there.read_bytes() == model.read_bytes()
    assert files.facts(str(model)).sha256[:12] in there.name
    assert len(store.held) == store.got == 5
    assert elsewhere(files, model, store.get, tmp_path / "node") == there
    assert store.got == 5, "the node has it"


def test_the_drivers_own_machine_takes_the_file_where_it_lies(model, tmp_path):
    store = Store()
    assert received(FilesHere(store).facts(str(model)), lambda: (), store.get, tmp_path / "node") == model
    assert not (tmp_path / "node").exists()


def test_two_workers_of_a_node_fetch_it_once(model, tmp_path):
    store, found = Store(), []
    files = FilesHere(store)
    facts, parts = files.facts(str(model)), files.parts(str(model))
    model.unlink()
    workers = [
        threading.Thread(target=lambda: found.append(received(facts, lambda: parts, store.get, tmp_path / "node")))
        for _ in range(4)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(set(found)) == 1
    assert store.got == 5


def test_what_came_damaged_is_not_kept(model, tmp_path):
    store = Store()
    with pytest.raises(UserError, match="changed while it was sent"):
        elsewhere(FilesHere(store), model, lambda ref: b"x" * 10, tmp_path / "node")
    assert not [path for path in (tmp_path / "node").iterdir() if path.suffix != ".lock"]


def test_another_file_of_that_path_on_the_node_is_not_taken(model, tmp_path):
    store = Store()
    files = FilesHere(store)
    facts, parts, content = files.facts(str(model)), files.parts(str(model)), model.read_bytes()
    model.write_bytes(b"GGUF" + bytes(4096))
    model_files.file_sha256.cache_clear()
    there = received(facts, lambda: parts, store.get, tmp_path / "node")
    assert there != model
    assert there.read_bytes() == content


def test_nothing_but_a_model_file_leaves_the_driver(tmp_path):
    secret = tmp_path / "secret.env"
    secret.write_text("KEY=1")
    with pytest.raises(UserError, match="is no GGUF model file"):
        FilesHere(Store()).facts(str(secret))
