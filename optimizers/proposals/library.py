"""Instructions from written parts: a module's own one with some of the rules of `bullets.toml` at its end.

A small model writes poor instructions and follows short rules. The rules are ours; a strategy finds out which of them
help this model.
"""

from __future__ import annotations

import random
import tomllib
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from optimizers.proposals.asking import MAX_INSTRUCTION_CHARS
from optimizers.proposals.instructions import Instruction, contracts
from programs.creditor.fingerprints import predictors

FILE = Path(__file__).with_name("bullets.toml")
DRAWS = 20
"""Draws of a combination for each that is wanted."""


def bullets(program: Any) -> dict[str, list[str]]:
    """The rules that each predictor of `program` may be given, by its DSPy name; those that it has are left out."""
    found = {}
    for name, contract in contracts(program).items():
        own = str(predictors(program)[name].signature.instructions)
        found[name] = [entry["text"] for entry in _written().get(contract, {}).values() if entry["text"] not in own]
    return found


def with_bullets(own: str, rules: Iterable[str]) -> str:
    """An instruction with rules at its end, a line each."""
    return "\n".join([own.rstrip(), "", *(f"- {rule}" for rule in rules)])


def combined(program: Any, seed: int, most: int) -> list[Instruction]:
    """Up to `most` instructions for each predictor, each its own one with other rules: all of them, then drawn parts.

    Args:
        program: for whose predictors.
        seed: of the draws.
        most: per predictor; fewer where the rules do not make so many, or only longer than an instruction may be.
    """
    found: list[Instruction] = []
    for name, rules in bullets(program).items():
        own, rng = str(predictors(program)[name].signature.instructions), random.Random(f"bullets {seed} {name}")
        sets: list[tuple[str, ...]] = []
        for draw in range(DRAWS * most if rules else 0):
            size = len(rules) if draw == 0 else rng.randint(1, len(rules))
            drawn = set(rng.sample(rules, size))
            some = tuple(rule for rule in rules if rule in drawn)
            fits = len(with_bullets(own, some)) <= MAX_INSTRUCTION_CHARS
            if fits and some not in sets and len(sets) < most:
                sets.append(some)
        found += [_instruction(name, own, some) for some in sets]
    return found


def next_bullet(current: str, rules: Sequence[str], rng: random.Random) -> str | None:
    """`current` with one rule more that it does not have yet; None where there is none, or no room for it."""
    fresh = [rule for rule in rules if rule not in current]
    if not fresh:
        return None
    rule = rng.choice(fresh)
    has_some = any(f"\n- {known}" in current for known in rules)
    grown = f"{current.rstrip()}\n- {rule}" if has_some else with_bullets(current, [rule])
    return grown if len(grown) <= MAX_INSTRUCTION_CHARS else None


def _instruction(name: str, own: str, rules: Sequence[str]) -> Instruction:
    titles = {entry["text"]: title for known in _written().values() for title, entry in known.items()}
    return Instruction(
        predictor=name,
        name="own with " + ", ".join(titles[rule] for rule in rules),
        reason="written rules at the end of the own instruction",
        text=with_bullets(own, rules),
    )


@lru_cache(maxsize=1)
def _written() -> dict[str, dict[str, dict[str, str]]]:
    return tomllib.loads(FILE.read_text(encoding="utf-8"))
