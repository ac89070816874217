"""A saved program, loaded in another process, plays the negotiation that it played before it was saved."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import dspy
import pytest

from data.book import read_book
from data.domain import CreditorPolicy
from programs.artifacts.__main__ import save_program
from programs.creditor.settings import ProgramSettings
from programs.maden import Maden
from programs.models.make import make_lm

pytestmark = pytest.mark.embedded

PLAY = """
import sys, dspy
from data.book import read_book
from programs import load_program, make_lm
from programs.models.accounts import Account
account = Account()
with dspy.context(lm=make_lm(sys.argv[1], max_tokens=300)), account.watching():
    record = load_program(sys.argv[2])(case=read_book().case(sys.argv[3]), seed=0).negotiation
print(account.total.calls, account.total.cached_calls)
print(record.model_dump_json())
"""


def test_in_a_new_process_it_plays_the_same_with_the_same_prompts(tmp_path, disk_cache, model_file):
    model, case = f"local:{model_file}", read_book().split("val")[0]
    program = Maden(ProgramSettings(variant="planned", policy=CreditorPolicy(round_limit=1)))
    program.negotiator.predict.demos = [dspy.Example(advice="none", situation="Round 1 of 1.", turn={"choice": "hold"})]
    with dspy.context(lm=make_lm(model, max_tokens=300)):
        before = program(case=case, seed=0).negotiation
    artifact = save_program(program, "small", root=tmp_path / "artifacts")
    root = Path(__file__).resolve().parents[3]
    done = subprocess.run(
        [sys.executable, "-c", PLAY, model, str(artifact.path), case.case_id],
        cwd=root,
        env={**os.environ, "DSPY_CACHEDIR": str(disk_cache)},
        capture_output=True,
        text=True,
        check=True,
    )
    counts, record = done.stdout.strip().splitlines()
    calls, cached = map(int, counts.split())
    assert json.loads(record) == json.loads(before.model_dump_json())
    assert before.turns
    assert (calls, cached > 0) == (0, True), "every prompt is the same byte for byte, so the cache knows every answer"
