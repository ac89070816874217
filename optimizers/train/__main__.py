"""`python -m optimizers.train`: train a negotiator's weights on preference pairs."""

from __future__ import annotations

import importlib.util
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from optimizers.train.rounds import card_beside, sampled_anew
from optimizers.train.stages import PACKAGES, Trainee, TrainingStage, run_stage, told
from optimizers.train.train_settings import Device, Loss, Method, Precision, TrainSettings
from optimizers.train.training_data import ItemSplit, read_examples, read_pairs, shuffled_labels, split_items
from optimizers.train.weights.adapters import settings_of
from optimizers.train.weights.base import find_base, load
from optimizers.train.weights.devices import device_of, dtype_of
from plumbing import cli
from plumbing.bars import PhaseBars
from plumbing.errors import UserError

_DEFAULT = TrainSettings()


class Chain(StrEnum):
    """Which stages are run, in their order."""

    SFT = "sft"
    DPO = "dpo"
    SFT_DPO = "sft+dpo"

    @property
    def stages(self) -> tuple[Method, ...]:
        """The methods of the stages."""
        return {Chain.SFT: ("sft",), Chain.DPO: ("dpo",), Chain.SFT_DPO: ("sft", "dpo")}[self]  # type: ignore[return-value]


def train(  # noqa: PLR0913, PLR0917  (a command line)
    pairs: Annotated[Path, typer.Argument(help="Pairs in TRL's format (python -m optimizers.preferences).")],
    out: Annotated[Path, typer.Option(help="Folder of the adapters; the same folder again goes on where it stopped.")],
    method: Annotated[Chain, typer.Option(help="Imitate the chosen replies (sft), prefer them (dpo), or both.")] = (
        Chain.SFT_DPO
    ),
    model: Annotated[
        str, typer.Option(help="The base: local, local:FILE.gguf, a model's directory, or a Hugging Face id.")
    ] = "local",
    base_gguf: Annotated[
        Path | None, typer.Option(help="GGUF file of the same base, to run the adapters with, where --model is none.")
    ] = None,
    start: Annotated[
        Path | None, typer.Option("--from", help="Folder of an earlier training, whose adapters are trained on.")
    ] = None,
    examples: Annotated[
        Path | None,
        typer.Option(help="Replies to imitate (--examples of optimizers.preferences); default: the chosen."),
    ] = None,
    rounds: Annotated[
        int, typer.Option(min=1, max=20, help="Rounds of dpo; each further one samples pairs anew from the last.")
    ] = 1,
    loss: Annotated[Loss, typer.Option(help="Of dpo.")] = _DEFAULT.loss,
    beta: Annotated[float, typer.Option(help="How dearly a step away from the reference is paid.")] = _DEFAULT.beta,
    sft_weight: Annotated[float, typer.Option(min=0, max=10, help="Of imitation within dpo.")] = _DEFAULT.sft_weight,
    epochs: Annotated[float, typer.Option(min=0.01, help="How often each pair is met, in each stage.")] = (
        _DEFAULT.epochs
    ),
    learning_rate: Annotated[float, typer.Option(help="Of the adapters.")] = _DEFAULT.learning_rate,
    rank: Annotated[int, typer.Option(min=1, max=256, help="Of the adapters.")] = _DEFAULT.rank,
    top_layers: Annotated[
        int, typer.Option(min=1, max=1000, help="Layers with adapters, from the top; more than there are: all.")
    ] = _DEFAULT.top_layers,
    batch: Annotated[int, typer.Option(min=1, max=512, help="Pairs a step.")] = _DEFAULT.batch,
    eval_share: Annotated[float, typer.Option(min=0, max=0.9, help="Share of debtors whose pairs are held out.")] = (
        _DEFAULT.eval_share
    ),
    looks: Annotated[int, typer.Option(min=1, max=100, help="Looks at the held-out pairs while training.")] = (
        _DEFAULT.looks
    ),
    max_tokens: Annotated[int, typer.Option(min=64, help="Longer pairs are left out.")] = _DEFAULT.max_tokens,
    shuffle_labels: Annotated[
        bool, typer.Option("--shuffle-labels", help="Turn half of the pairs round: a control, nothing to use.")
    ] = False,
    gradient_checkpointing: Annotated[
        bool, typer.Option("--gradient-checkpointing", help="Less memory for a third more time.")
    ] = False,
    device: Annotated[Device, typer.Option(help="Where to train.")] = "auto",
    dtype: Annotated[Precision, typer.Option(help="Of the frozen weights; auto: bf16 where the processor has it.")] = (
        "auto"
    ),
    states: Annotated[
        Path | None,
        typer.Option(help="Folder of what the layers below compute, to be shared by trainings; default: OUT/states."),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of the adapters' first values and the order of the pairs.")] = 0,
    merge: Annotated[bool, typer.Option("--merge", help="Also write base and adapters as one model.")] = False,
) -> None:
    """Train LoRA adapters, so that one call with the plain prompt decides as the best move would.

    First the best replies are imitated, then each is preferred to the worse decision in the same words, from the
    imitating adapters on (their folder: OUT/sft). Needs the extra `train` (torch, transformers, peft). The folder gets
    the adapters in PEFT's form (`adapter/`) and as a GGUF file beside its base, so that `local:FOLDER` is a model like
    any other; a card; and the curves. A training that was stopped goes on with the same command.

    Examples: `python -m optimizers.train pairs.jsonl --out trained/first`, then
    `python -m programs.compare local local:trained/first --split heldout`;
    on a GPU: `python -m optimizers.train pairs.jsonl --out trained/7b --model Qwen/Qwen2.5-7B-Instruct --batch 32
    --top-layers 99 --gradient-checkpointing --merge`.
    """
    settings = TrainSettings(
        epochs=epochs,
        learning_rate=learning_rate,
        loss=loss,
        beta=beta,
        sft_weight=sft_weight,
        rank=rank,
        top_layers=top_layers,
        batch=batch,
        eval_share=eval_share,
        looks=looks,
        max_tokens=max_tokens,
        seed=seed,
        shuffle_labels=shuffle_labels,
        gradient_checkpointing=gradient_checkpointing,
    )
    if start is not None:
        settings = settings_of(start, settings)
    if rounds > 1 and method is Chain.SFT:
        raise UserError("further rounds are of dpo; give --method dpo or sft+dpo, or leave --rounds away")
    (read_examples if method is Chain.SFT else read_pairs)(pairs)
    card = card_beside(pairs) if rounds > 1 else None
    base = find_base(model)
    _require_packages()
    if card is not None and (base.gguf or base_gguf) is None:
        raise UserError("a further round plays with what was trained, which needs a GGUF file of the base: --base-gguf")
    trainee = _loaded(states or out / "states", model, base_gguf, start, device, dtype)
    with PhaseBars() as bars:
        for name in method.stages:
            last = name == method.stages[-1] and rounds == 1
            folder = out if last else out / (name if name == "sft" else "round-1")
            found = run_stage(trainee, _stage(name, folder, pairs, examples, settings, trainee), bars)
            cli.results().print(found.card, highlight=False)
    for number in range(2, rounds + 1):
        assert card is not None  # read above
        folder = out if number == rounds else out / f"round-{number}"
        anew = sampled_anew(card, f"local:{trainee.began_from}", out / f"round-{number}", number)
        with PhaseBars() as bars:
            found = run_stage(trainee, _stage("dpo", folder, anew, None, settings, trainee), bars)
        cli.results().print(found.card, highlight=False)
    if merge:
        _merge(out / "merged", trainee)
    cli.tell(
        f"written to {out}" + (f"; next: python -m programs.compare {model} {found.runs_as}" if found.runs_as else "")
    )


def _require_packages() -> None:
    missing = [name for name in PACKAGES if importlib.util.find_spec(name) is None]
    if missing:
        raise UserError(f"training needs {', '.join(missing)}, not installed here; run `pip install 'maden[train]'`")


def _loaded(
    states: Path, model: str, base_gguf: Path | None, start: Path | None, device: Device, dtype: Precision
) -> Trainee:
    """The base on its device."""
    base, place = find_base(model), device_of(device)
    kind = dtype_of(place, dtype)
    cli.tell(f"loading {base.name} onto {place} as {str(kind).removeprefix('torch.')}")
    weights, tokenizer = load(base, kind)
    weights.to(place)
    return Trainee(
        base=base,
        gguf=base.gguf or base_gguf,
        weights=weights,
        tokenizer=tokenizer,
        device=place,
        dtype=str(kind).removeprefix("torch."),
        states=states,
        began_from=start,
    )


def _stage(
    method: Method, folder: Path, pairs: Path, examples: Path | None, settings: TrainSettings, trainee: Trainee
) -> TrainingStage:
    """One stage with its data."""
    file = examples if method == "sft" and examples is not None else pairs
    rows, sha256 = (read_examples if method == "sft" else read_pairs)(file)
    if settings.shuffle_labels and method == "dpo":
        rows = shuffled_labels(rows, settings.seed)
    data: ItemSplit = split_items(rows, sha256, trainee.tokenizer, settings.eval_share, settings.max_tokens)
    stage = TrainingStage(method, folder, data, file.name, settings)
    told(stage)
    return stage


def _merge(folder: Path, trainee: Trainee) -> None:
    trainee.adapted.merge_and_unload().save_pretrained(folder)
    trainee.tokenizer.save_pretrained(folder)


if __name__ == "__main__":
    cli.run(train, "python -m optimizers.train")
