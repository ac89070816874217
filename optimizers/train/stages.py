"""One stage of a training: adapters trained by one method, written with their card; a stage that is done is not done
again."""

from __future__ import annotations

import importlib.metadata
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from optimizers.train.adapter_card import AdapterCard, heldout_change, text
from optimizers.train.curves import plotted
from optimizers.train.loop import CHECKPOINT, Row, StageWork, steps_of, train, write_curve
from optimizers.train.states import Logps, States, kept_logps, logps_of
from optimizers.train.train_settings import Method, TrainSettings
from optimizers.train.training_data import Item, ItemSplit, without_repeats
from optimizers.train.weights.adapters import adapters_of, new_adapters, saved_adapters
from optimizers.train.weights.base import BaseWeights
from optimizers.train.weights.layers import Layers, require_plain
from plumbing import cli
from plumbing.bars import PhaseBars
from plumbing.clock import utc_now
from plumbing.errors import UserError
from plumbing.files import replace_file
from programs.models.adapted import write_adapted
from programs.models.model_file import file_sha256

PACKAGES = ("torch", "transformers", "peft", "gguf")
SETTINGS_FILE, CARD_FILE = "settings.json", "card.json"


@dataclass
class Trainee:
    """A base on its device, and the adapters that it has by now."""

    base: BaseWeights
    gguf: Path | None
    """GGUF file of the base, to run the adapters with."""
    weights: Any
    """The bare base; adapters are put around it in place."""
    tokenizer: Any
    device: str
    dtype: str
    states: Path
    """Folder of what the frozen layers made."""
    adapted: Any = None
    """A `PeftModel`; None before the first stage."""
    began_from: Path | None = None
    """Where its adapters are from."""


@dataclass(frozen=True)
class TrainingStage:
    """What one stage does."""

    method: Method
    folder: Path
    data: ItemSplit
    file: str
    """Name of the file that the data is from."""
    settings: TrainSettings

    @property
    def items(self) -> tuple[Item, ...]:
        """What is trained on: pairs, or each reply worth imitating once."""
        return without_repeats(self.data.train) if self.method == "sft" else self.data.train


@dataclass(frozen=True)
class Finished:
    """What a stage left."""

    card: str
    """As Markdown."""
    runs_as: str | None
    """The model string that this project takes; None where there is no GGUF file of the base."""


def run_stage(trainee: Trainee, stage: TrainingStage, bars: PhaseBars) -> Finished:
    """Train `trainee` by one stage, or take up what that stage left.

    Raises:
        UserError: the folder holds another training, or the model cannot be trained here.
    """
    _require_same(trainee, stage)
    _adapt(trainee, stage)
    if (stage.folder / CARD_FILE).is_file():
        trainee.began_from = stage.folder
        return _finished(stage.folder)
    layers = Layers(trainee.adapted, stage.settings.top_layers)
    require_plain(layers, stage.items[0].packed)
    work = _prepared(trainee, stage, layers, bars)
    steps = steps_of(len(work.train), stage.settings)
    bars.phase(f"training ({stage.method})", steps, "steps")
    began = time.monotonic()
    curve = train(work, stage.folder, _watching(bars))
    minutes = (time.monotonic() - began) / 60
    after = _looked_at(layers, work.states, work.heldout, bars, "held out, after")
    runs_as = _saved(trainee, stage)
    card = _card(trainee, stage, work, curve, after, minutes, runs_as)
    write_curve(stage.folder / "curve.jsonl", curve)
    replace_file(stage.folder / "curve.svg", plotted(curve).encode())
    replace_file(stage.folder / "card.md", text(card).encode())
    replace_file(stage.folder / CARD_FILE, f"{card.model_dump_json(indent=1)}\n".encode())  # last: now it is done
    (stage.folder / CHECKPOINT).unlink(missing_ok=True)
    trainee.began_from = stage.folder
    return Finished(text(card), runs_as)


def _finished(folder: Path) -> Finished:
    return Finished((folder / "card.md").read_text(), json.loads((folder / CARD_FILE).read_bytes())["runs_as"])


def _identity(trainee: Trainee, stage: TrainingStage) -> bytes:
    """What a folder's checkpoints belong to."""
    told = {
        "method": stage.method,
        "base": trainee.base.name,
        "from": None if trainee.began_from is None else str(trainee.began_from),
        "data_sha256": stage.data.sha256,
        "dtype": trainee.dtype,
        "settings": stage.settings.model_dump(),
    }
    return json.dumps(told, indent=1).encode() + b"\n"


def _require_same(trainee: Trainee, stage: TrainingStage) -> None:
    """Refuse to go on from checkpoints of another training."""
    path = stage.folder / SETTINGS_FILE
    if path.is_file() and path.read_bytes() != _identity(trainee, stage):
        raise UserError(
            f"{stage.folder} holds another training (other pairs, base or settings, see {path}); name another folder "
            "with --out"
        )
    replace_file(path, _identity(trainee, stage))


def _adapt(trainee: Trainee, stage: TrainingStage) -> None:
    """Put the adapters there that the stage begins with, or that it ended with."""
    done = stage.folder if (stage.folder / CARD_FILE).is_file() else None
    if trainee.adapted is not None and done is None:
        return
    folder = done or trainee.began_from
    if trainee.adapted is not None:
        trainee.weights = trainee.adapted.unload()
    if folder is None:
        trainee.adapted = new_adapters(trainee.weights, stage.settings)
    else:
        trainee.adapted = adapters_of(trainee.weights, folder)


def _prepared(trainee: Trainee, stage: TrainingStage, layers: Layers, bars: PhaseBars) -> StageWork:
    """The stage's items with what the reference says of them."""
    fingerprint = f"{trainee.base.name} {trainee.base.sha256} {trainee.dtype}"
    states = States(layers, trainee.states, fingerprint)
    before = kept_logps(
        stage.folder / "heldout_before.json",
        lambda: _looked_at(layers, states, stage.data.heldout, bars, "held out, before"),
    )
    reference: list[Logps] = []
    if stage.method == "dpo":
        reference = kept_logps(
            stage.folder / "reference.json", lambda: _looked_at(layers, states, stage.items, bars, "reference")
        )
    return StageWork(layers, states, stage.method, stage.settings, stage.items, reference, stage.data.heldout, before)


def _looked_at(layers: Layers, states: States, items: Sequence[Item], bars: PhaseBars, name: str) -> list[Logps]:
    if items:
        bars.phase(name, len(items), "items")
    return logps_of(layers, states, items, lambda: bars.advance(None))


def _watching(bars: PhaseBars) -> Any:
    def on_step(step: int, steps: int, row: Row) -> None:
        gained = f", margin gained {row['margin']:.2f} nats" if "margin" in row else ""
        bars.advance(f"loss {row['loss']:.3f}{gained}")
        if "heldout_nats_a_token" in row:
            also = f", margin gained {row['heldout_margin']:.2f} nats" if "heldout_margin" in row else ""
            bars.say(f"  held out after {step} of {steps} steps: {row['heldout_nats_a_token']:.3f} nats a token{also}")

    return on_step


def _saved(trainee: Trainee, stage: TrainingStage) -> str | None:
    """Write the adapters in both forms; returns the model string that runs them."""
    file = saved_adapters(trainee.adapted, stage.folder, stage.settings.lora_alpha, gguf=trainee.gguf is not None)
    if file is None or trainee.gguf is None:
        return None
    write_adapted(stage.folder, trainee.base.named_for_running(trainee.gguf), file_sha256(trainee.gguf), file)
    return f"local:{stage.folder}"


def _card(
    trainee: Trainee,
    stage: TrainingStage,
    work: StageWork,
    curve: Sequence[Row],
    after: Sequence[Logps],
    minutes: float,
    runs_as: str | None,
) -> AdapterCard:
    known = {name: value for row in curve for name, value in row.items() if name != "step"}
    return AdapterCard(
        created=utc_now(),
        method=stage.method,
        base=trainee.base.name,
        base_sha256=trainee.base.sha256,
        base_commit=getattr(trainee.weights.config, "_commit_hash", None),
        began_from=None if trainee.began_from is None else str(trainee.began_from),
        pairs_file=stage.file,
        pairs_sha256=stage.data.sha256,
        trained_on=len(work.train),
        held_out=len(work.heldout),
        too_long=stage.data.too_long,
        settings=stage.settings,
        device=trainee.device,
        dtype=trainee.dtype,
        steps=steps_of(len(work.train), stage.settings),
        minutes=minutes,
        packages={name: importlib.metadata.version(name) for name in PACKAGES},
        heldout=heldout_change(work.heldout, work.before, after),
        last=known,
        runs_as=runs_as,
    )


def told(stage: TrainingStage) -> None:
    """Say what a stage is going to do."""
    cli.tell(
        f"{stage.method}: {len(stage.items)} to train on, {len(stage.data.heldout)} held out, {stage.data.too_long} "
        f"too long; {steps_of(len(stage.items), stage.settings)} steps"
    )
