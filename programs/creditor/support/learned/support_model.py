"""What the support has learned, as one versioned JSON file: plain numbers, never pickled, read by NumPy alone."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from plumbing.errors import UserError
from plumbing.files import replace_file
from programs.creditor.support.learned.finances import FinanceModel
from programs.creditor.support.learned.forest import Forest
from programs.creditor.support.learned.table_features import FEATURES, TABLE_FEATURES

FORM = 1
"""Of the file and of the features; another number is read by another version."""
SHIPPED = Path(__file__).with_name("trained") / "support.json"


@dataclass(frozen=True, eq=False)
class SupportModel:
    """Three chances and a picture of households; `sha256` names it."""

    finances: FinanceModel
    accepted_now: Forest
    """Chance that the debtor takes an offer in this very round; rows of all `FEATURES`."""
    accepted_later: Forest
    """Chance that it would take it by the end, if it is not taken now."""
    bent: Forest
    """Chance that the claims so far are bent; rows of `TABLE_FEATURES`."""
    bent_times: tuple[tuple[float, float, float], ...]
    """By what bent claims of (income, expenses, savings) were to be multiplied to be true, in training."""
    provenance: Mapping[str, Any] = field(default_factory=dict)
    """Where it comes from and how good it is: revision, book, seed, counts, Brier scores, reliability."""

    def document(self) -> dict[str, Any]:
        """What decides its answers, as JSON."""
        return {
            "form": FORM,
            "features": list(FEATURES),
            "finances": self.finances.document(),
            "accepted_now": self.accepted_now.document(),
            "accepted_later": self.accepted_later.document(),
            "bent": self.bent.document(),
            "bent_times": [list(times) for times in self.bent_times],
        }

    @property
    def sha256(self) -> str:
        """Of what decides its answers."""
        return hashlib.sha256(json.dumps(self.document(), sort_keys=True, allow_nan=False).encode()).hexdigest()


def save_support(model: SupportModel, path: Path) -> None:
    """Write it as one file; the same model gives the same bytes.

    Raises:
        OSError: it cannot be written.
    """
    whole = {**model.document(), "sha256": model.sha256, "provenance": dict(model.provenance)}
    replace_file(path, f"{json.dumps(whole, sort_keys=True, allow_nan=False, separators=(',', ':'))}\n".encode())


@lru_cache(maxsize=8)
def load_support(path: Path = SHIPPED) -> SupportModel:
    """What a file holds.

    Raises:
        UserError: there is none, or it is damaged, of another form or of other features.
    """
    again = "learn it anew with `python -m programs.learning`"
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        if document["form"] != FORM or tuple(document["features"]) != FEATURES:
            raise UserError(f"the decision support {path} was made by another version of maden; {again}")
        model = _read(document)
    except OSError as error:
        raise UserError(f"cannot read the decision support {path}: {error.strerror}; {again}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(f"{path} is no decision support, or a damaged one ({error}); {again}") from error
    if model.sha256 != document.get("sha256"):
        raise UserError(f"the decision support {path} was changed or damaged after it was learned; {again}")
    return model


def _read(document: Mapping[str, Any]) -> SupportModel:
    times = tuple((float(i), float(e), float(a)) for i, e, a in document["bent_times"])
    return SupportModel(
        FinanceModel.read(document["finances"]),
        Forest.read(document["accepted_now"], len(FEATURES)),
        Forest.read(document["accepted_later"], len(FEATURES)),
        Forest.read(document["bent"], len(TABLE_FEATURES)),
        times,
        document.get("provenance", {}),
    )
