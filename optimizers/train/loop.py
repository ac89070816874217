"""The training itself: exactly `batch` items a step, one sequence at a time, resumable to the same bytes."""

from __future__ import annotations

import io
import json
import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from optimizers.train.losses import ReplySide, preference_loss
from optimizers.train.states import Logps, States, logps_of
from optimizers.train.train_settings import Method, TrainSettings
from optimizers.train.training_data import Item
from optimizers.train.weights.layers import Layers
from plumbing.errors import UserError
from plumbing.files import replace_file

CHECKPOINT = "checkpoint.pt"
CHECKPOINTS = 5
"""How often a training is kept while it goes on."""
MAX_GRADIENT = 1.0
"""Norm to which a step's gradient is cut."""

Row = dict[str, float]


@dataclass(frozen=True)
class StageWork:
    """One stage: what is trained on what."""

    layers: Layers
    states: States
    method: Method
    settings: TrainSettings
    train: Sequence[Item]
    reference: Sequence[Logps]
    """Of `train`; empty for supervised fine-tuning."""
    heldout: Sequence[Item]
    before: Sequence[Logps]
    """Of `heldout`, under the weights that the stage began with."""


@dataclass
class _Progress:
    step: int = 0
    curve: list[Row] = field(default_factory=list)


def steps_of(items: int, settings: TrainSettings) -> int:
    """Optimiser steps of a training on so many items."""
    return max(1, math.ceil(items * settings.epochs / settings.batch))


def batch_at(step: int, items: int, settings: TrainSettings) -> list[int]:
    """Numbers of the items of step `step` (from 0): epoch after epoch, each in an order of its own."""
    places = range(step * settings.batch, min((step + 1) * settings.batch, math.ceil(items * settings.epochs)))
    orders = {place // items: _order(place // items, items, settings.seed) for place in places}
    return [orders[place // items][place % items] for place in places]


def rate_at(step: int, steps: int, settings: TrainSettings) -> float:
    """Learning rate of step `step` (from 0): rises over the first tenth, then falls in a line; never 0, or the step
    would be none."""
    warm = max(1, steps // 10)
    if step < warm:
        return settings.learning_rate * (step + 1) / warm
    return settings.learning_rate * (steps - step) / (steps - warm + 1)


def train(work: StageWork, folder: Path, on_step: Callable[[int, int, Row], None] = lambda *_: None) -> list[Row]:
    """Train the adapters in place; goes on from the checkpoint in `folder` if there is one.

    Returns:
        The curve: a row a step with `step`, `loss` and, of preferences, `margin` and `accuracy`; in those rows where
        held-out items were looked at also `heldout_...`.

    Raises:
        UserError: the device's memory does not hold it.
    """
    import torch

    weights = [one for one in work.layers.model.parameters() if one.requires_grad]
    optimiser = torch.optim.AdamW(weights, lr=work.settings.learning_rate, weight_decay=0.0)
    done, steps = _resumed(work, folder, optimiser), steps_of(len(work.train), work.settings)
    if not done.curve and work.heldout:
        done.curve.append({"step": 0.0, **_look(work, work.before)})
    work.layers.model.train()
    for step in range(done.step, steps):
        try:
            row = _one_step(work, step, steps, optimiser, weights)
        except torch.OutOfMemoryError as error:
            raise UserError(
                "the device's memory does not hold one pair: give --gradient-checkpointing, or lower --max-tokens; the "
                "same command goes on from the last checkpoint"
            ) from error
        if _due(step, steps, work.settings.looks) and work.heldout:
            row |= _look(work, logps_of(work.layers, work.states, work.heldout))
        done.curve.append(row)
        done.step = step + 1
        if _due(step, steps, CHECKPOINTS):
            _keep(work, folder, optimiser, done)
        on_step(step + 1, steps, row)
    return done.curve


def _one_step(work: StageWork, step: int, steps: int, optimiser: Any, weights: list[Any]) -> Row:
    import torch

    for group in optimiser.param_groups:
        group["lr"] = rate_at(step, steps, work.settings)
    chosen = batch_at(step, len(work.train), work.settings)
    rows = []
    for number in chosen:
        loss, row = _loss(work, number)
        (loss / len(chosen)).backward()
        rows.append({"loss": loss.item(), **row})
    torch.nn.utils.clip_grad_norm_(weights, MAX_GRADIENT)
    optimiser.step()
    optimiser.zero_grad(set_to_none=True)
    return {"step": step + 1.0, **{name: sum(one[name] for one in rows) / len(rows) for name in rows[0]}}


def _loss(work: StageWork, number: int) -> tuple[Any, Row]:
    """The loss of one item, with what is told of it."""
    one, settings = work.train[number].packed, work.settings
    sides = [0] if work.method == "sft" else [0, 1]
    logps = work.layers.reply_logps(one, work.states.of(one), sides, checkpoint=settings.gradient_checkpointing)
    imitated = -logps[0].mean()
    if work.method == "sft":
        return imitated, {}
    known = work.reference[number]
    chosen, rejected = (
        ReplySide(mine.sum(), theirs, len(mine)) for mine, theirs in zip(logps, known.sums, strict=True)
    )
    loss = preference_loss(settings.loss, chosen, rejected, settings.beta)
    margin = (chosen.ratio - rejected.ratio).item()
    told = {"margin": margin, "accuracy": float(margin > 0)}
    return (loss + settings.sft_weight * imitated if settings.sft_weight else loss), told


def _look(work: StageWork, now: Sequence[Logps]) -> Row:
    """What the held-out items come to: the loss of imitation per token, and of pairs the margin gained."""
    chosen = [one.sums[0] / one.tokens[0] for one in now]
    row = {"heldout_nats_a_token": -sum(chosen) / len(chosen)}
    gained = [
        (after.sums[0] - after.sums[1]) - (before.sums[0] - before.sums[1])
        for before, after in zip(work.before, now, strict=True)
        if len(after.sums) == 2
    ]
    if gained:
        row |= {
            "heldout_margin": sum(gained) / len(gained),
            "heldout_accuracy": sum(one > 0 for one in gained) / len(gained),
        }
    return row


def _due(step: int, steps: int, times: int) -> bool:
    """Whether after step `step` (from 0) one of `times` even parts is done; the last one is at the end."""
    return (step + 1) * times // steps > step * times // steps


def _order(epoch: int, items: int, seed: int) -> list[int]:
    order = list(range(items))
    random.Random(f"{seed} {epoch}").shuffle(order)
    return order


def _keep(work: StageWork, folder: Path, optimiser: Any, done: _Progress) -> None:
    import torch
    from peft import get_peft_model_state_dict

    file = io.BytesIO()
    adapters = get_peft_model_state_dict(work.layers.model, save_embedding_layers=False)
    told = {"adapters": adapters, "optimiser": optimiser.state_dict(), "step": done.step, "curve": done.curve}
    torch.save(told, file)
    replace_file(folder / CHECKPOINT, file.getvalue())


def _resumed(work: StageWork, folder: Path, optimiser: Any) -> _Progress:
    import torch
    from peft import set_peft_model_state_dict

    path = folder / CHECKPOINT
    if not path.is_file():
        return _Progress()
    kept = torch.load(path, map_location=work.layers.device, weights_only=True)
    set_peft_model_state_dict(work.layers.model, kept["adapters"])
    optimiser.load_state_dict(kept["optimiser"])
    return _Progress(kept["step"], kept["curve"])


def write_curve(path: Path, curve: Sequence[Row]) -> None:
    """The curve as JSON lines."""
    replace_file(path, "".join(json.dumps(row) + "\n" for row in curve).encode())
