"""Programs worth saving. `python -m tests.programs.saved` makes the frozen artifact anew.

Do that only when a signature was changed on purpose: until then the frozen file proves that old artifacts load.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import dspy

from programs.artifacts import store as artifact_store
from programs.artifacts.document import Artifact
from programs.artifacts.provenance import Provenance
from programs.creditor.settings import ProgramSettings, Variant
from programs.maden import Maden
from signatures.plan import Strategy
from tests.programs.cases import case
from tests.programs.players import PLAN, playing

FROZEN = Path(__file__).parent / "frozen" / "schema_1.json"
PLANNER_INSTRUCTIONS = "Plan for the creditor.\nTime before discount.\nÄrger, 延期, “quotes” all stay as they are."


def compiled(variant: Variant = Variant.MADEN) -> Maden:
    """A program with instructions and demos of its own, as an optimiser leaves it: typed answers, flags set."""
    program = Maden(ProgramSettings(variant=variant))
    negotiator = program.negotiator.predict
    negotiator.signature = negotiator.signature.with_instructions("Hold first.\nThen step down.")
    if program.planner is not None:
        planner = program.planner.predict
        planner.signature = planner.signature.with_instructions(PLANNER_INSTRUCTIONS)
        planner.demos = [plan_demo("A loan of 10,000.00 CNY."), plan_demo("Une dette de 5 000 €.")]
        program.planner._compiled = True  # what nesting a compiled module does: DSPy then leaves it out of a dump
    program._compiled = True
    return program


def plan_demo(account: str) -> dspy.Example:
    strategy = Strategy.model_validate(PLAN)
    return dspy.Example(augmented=True, account=account, limits="Some.", facts="None.", strategy=strategy)


def scores(before: float = 0.5, after: float = 0.625) -> dict:
    """What compile measured on validation."""
    return {stage: one_score(mean) for stage, mean in {"uncompiled": before, "compiled": after}.items()}


def one_score(mean: float) -> dict:
    estimate = {"mean": mean, "low": mean - 0.125, "high": mean + 0.125, "n": 4}
    return {"estimates": {"objective": estimate, "SR": estimate}, "scored": 4, "unscored": 0}


def prompts_of(program: Maden, seed: int = 0) -> list[str]:
    """Every prompt of one negotiation of `program` with a scripted model."""
    lm = playing()
    with dspy.context(lm=lm):
        program(case=case(), seed=seed)
    return lm.engine.prompts


def save_frozen() -> Artifact:
    """Write the frozen artifact anew."""
    with tempfile.TemporaryDirectory() as folder:
        saved = artifact_store.save_program(
            compiled(),
            "frozen",
            Provenance(
                section={"seed": 0, "lm": {"model": "scripted/test", "engine": "ScriptedEngine"}},
                scores=scores(),
                cost={"total": {"calls": 12, "money_usd": None}},
            ),
            root=Path(folder),
        )
        FROZEN.parent.mkdir(exist_ok=True)
        shutil.copyfile(saved.path, FROZEN)
        return saved


if __name__ == "__main__":
    print(save_frozen().content_sha256)
