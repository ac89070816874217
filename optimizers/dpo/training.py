"""The training itself: TRL's `DPOTrainer` with LoRA adapters, resumable from its last checkpoint."""

from __future__ import annotations

import json
import logging
import math
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from optimizers.dpo.hyperparameters import Device, DpoSettings
from optimizers.dpo.training_data import PairRow, PairSplit
from plumbing.errors import UserError
from plumbing.files import replace_file

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

CHECKPOINTS = "checkpoints"
EVALUATIONS = 5
"""How often the held-out pairs are looked at while training."""


@dataclass(frozen=True)
class Trained:
    """What a training leaves."""

    model: Any
    """A `peft.PeftModel`."""
    curve: list[dict[str, float]]
    """One row a step that was logged: `step` and what TRL reports (`loss`, `rewards/margins`, `rewards/accuracies`,
    the same with `eval_` for held-out pairs)."""
    steps: int


def device_of(wanted: Device) -> tuple[str, torch.dtype]:
    """The device to train on and the weights' type there: bfloat16 on a GPU that knows it, else float32.

    Raises:
        UserError: a GPU is asked for and there is none.
    """
    import torch

    if wanted == "cuda" and not torch.cuda.is_available():
        raise UserError("no CUDA device is to be seen; leave --device away to train on the CPU")
    if wanted == "cpu" or not torch.cuda.is_available():
        return "cpu", torch.float32
    return "cuda", torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float32


def steps_of(pairs: int, settings: DpoSettings) -> int:
    """Optimiser steps of a training on so many pairs."""
    return max(1, math.ceil(math.ceil(pairs / settings.batch) * settings.epochs))


def train(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    pairs: PairSplit,
    settings: DpoSettings,
    folder: Path,
    device: str,
    on_step: Callable[[int, int, dict[str, float]], None] = lambda step, steps, row: None,
) -> Trained:
    """Train adapters on `pairs.train`; goes on from the last checkpoint in `folder` if there is one.

    Args:
        model: the base; adapters are put around it in place.
        tokenizer: the base's.
        pairs: what to train on and what to hold out.
        settings: of the training.
        folder: of the checkpoints; one an epoch and at the end.
        device: "cpu" or "cuda".
        on_step: called with step, steps in all and what was logged.

    Raises:
        UserError: the device's memory does not hold it.
    """
    import torch
    from peft import LoraConfig
    from transformers import TrainerCallback
    from transformers.trainer_utils import get_last_checkpoint
    from trl import DPOConfig, DPOTrainer

    steps = steps_of(len(pairs.train), settings)

    class Told(TrainerCallback):
        def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, float] | None = None, **_: Any) -> None:
            on_step(state.global_step, state.max_steps, dict(logs or {}))

    config = DPOConfig(
        output_dir=str(folder),
        num_train_epochs=settings.epochs,
        learning_rate=settings.learning_rate,
        beta=settings.beta,
        per_device_train_batch_size=settings.at_once,
        per_device_eval_batch_size=settings.at_once,
        gradient_accumulation_steps=max(1, settings.batch // settings.at_once),
        max_length=None,  # too long pairs were left out; none is cut
        seed=settings.seed,
        data_seed=settings.seed,
        activation_checkpointing=settings.gradient_checkpointing,
        bf16=device == "cuda" and model.dtype == torch.bfloat16,
        use_cpu=device == "cpu",
        logging_steps=1,
        eval_strategy="steps" if pairs.heldout else "no",
        eval_steps=max(1, steps // EVALUATIONS),
        eval_on_start=bool(pairs.heldout),
        save_strategy="steps",
        save_steps=max(1, steps // EVALUATIONS),
        save_total_limit=2,
        report_to=[],
        disable_tqdm=True,
        remove_unused_columns=False,
        warmup_steps=max(1, steps // 10),
    )
    lora = LoraConfig(
        r=settings.rank, lora_alpha=settings.lora_alpha, target_modules="all-linear", task_type="CAUSAL_LM"
    )
    with warnings.catch_warnings(), _Quiet("transformers", "trl", "peft"):
        warnings.simplefilter("ignore")
        trainer = DPOTrainer(
            model=model,
            args=config,
            train_dataset=_dataset(pairs.train),
            eval_dataset=_dataset(pairs.heldout) if pairs.heldout else None,
            processing_class=tokenizer,
            peft_config=lora,
            callbacks=[Told()],
        )
        _without_printing(trainer)
        before = get_last_checkpoint(str(folder)) if folder.is_dir() else None
        try:
            trainer.train(resume_from_checkpoint=before)
        except torch.OutOfMemoryError as error:
            raise UserError(
                f"the device's memory does not hold the training: lower --at-once (now {settings.at_once}) or "
                "--max-tokens, or give --gradient-checkpointing; the same command goes on from the last checkpoint"
            ) from error
    return Trained(trainer.model, _curve(trainer.state.log_history), trainer.state.global_step)


def _dataset(rows: Sequence[PairRow]) -> Any:
    from datasets import Dataset

    return Dataset.from_list([row.model_dump(include={"prompt", "chosen", "rejected"}) for row in rows])


def _without_printing(trainer: Any) -> None:
    """Trainer prints every log as a dict where there is no bar; progress here is told by the callback."""
    from transformers.trainer_callback import PrinterCallback

    trainer.remove_callback(PrinterCallback)


def _curve(history: Sequence[dict[str, Any]]) -> list[dict[str, float]]:
    """What was logged, one row a step, training and held-out values together."""
    rows: dict[int, dict[str, float]] = {}
    for entry in history:
        numbers = {name: float(value) for name, value in entry.items() if isinstance(value, (int, float))}
        rows.setdefault(int(entry["step"]), {}).update(numbers)
    return [rows[step] for step in sorted(rows)]


class _Quiet:
    """Only errors from these libraries inside the block."""

    def __init__(self, *names: str) -> None:
        self._loggers = [logging.getLogger(name) for name in names]

    def __enter__(self) -> None:
        self._levels = [one.level for one in self._loggers]
        for one in self._loggers:
            one.setLevel(logging.ERROR)

    def __exit__(self, *_: object) -> None:
        for one, level in zip(self._loggers, self._levels, strict=True):
            one.setLevel(level)


def write_curve(path: Path, curve: Sequence[dict[str, float]]) -> None:
    """The curve as JSON lines."""
    replace_file(path, "".join(json.dumps(row) + "\n" for row in curve).encode())
