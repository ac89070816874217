"""What a pair costs a training, and which measure saves how much: `python -m benchmarks.training PAIRS`.

Each row adds one measure to the row above, so the last is what `optimizers.train` does and the first what a plain loop
would: each reply with its prompt, the reference beside it, every position through the head, all layers adapted.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import typer

from optimizers.train.losses import ReplySide, preference_loss
from optimizers.train.states import States, logps_of
from optimizers.train.train_settings import TrainSettings
from optimizers.train.training_data import Item, read_pairs, split_items
from optimizers.train.weights.adapters import new_adapters
from optimizers.train.weights.base import find_base, load
from optimizers.train.weights.layers import Layers
from plumbing import cli
from plumbing.errors import UserError

Step = Callable[[Item], Any]
"""The loss of one pair, to be sent backward."""


def main(
    pairs: Annotated[Path, typer.Argument(help="Pairs in TRL's format.")],
    model: Annotated[str, typer.Option(help="As optimizers.train takes it.")] = "local",
    number: Annotated[int, typer.Option(min=1, help="Pairs that each row is measured on.")] = 4,
    top_layers: Annotated[int, typer.Option(min=1, help="Of the last row.")] = TrainSettings().top_layers,
    threads: Annotated[int | None, typer.Option(min=1, help="Of torch; default: one a core.")] = None,
) -> None:
    """Time the gradient of a pair with each measure added in turn, and print the seconds as JSON.

    Example: python -m benchmarks.training pairs.jsonl --model local:SmolLM2-135M.gguf
    """
    import torch

    if threads:
        torch.set_num_threads(threads)
    rows, sha256 = read_pairs(pairs)
    found, work = {}, {}
    for name, dtype, top, step_of in _rows(top_layers):
        weights, tokenizer = load(find_base(model), getattr(torch, dtype))
        items = split_items(rows, sha256, tokenizer, 0, 100_000).train[:number]
        if len(items) < number:
            raise UserError(f"{pairs} holds {len(items)} pairs; --number asks for {number}")
        adapted = new_adapters(weights, TrainSettings(top_layers=top))
        with TemporaryDirectory() as folder:
            layers = Layers(adapted, top)
            step = step_of(layers, States(layers, Path(folder), name), items)
            found[name], work[name] = _seconds(step, items, adapted)
        cli.tell(f"{name}: {found[name]:.2f} s a pair, {work[name]:.2f} s of processor")
    tokens = [len(item.packed) for item in items]
    told = {"model": model, "threads": torch.get_num_threads(), "pairs": number, "tokens": median(tokens)}
    print(json.dumps({**told, "seconds_a_pair": found, "processor_seconds_a_pair": work}, indent=1))


def _rows(top: int) -> list[tuple[str, str, int, Callable[..., Step]]]:
    """Name, type, adapted layers, and the step's maker."""
    everything = 1000
    return [
        ("plain", "float32", everything, lambda *a: _plain(*a, again=True, whole=True)),
        ("reference kept", "float32", everything, lambda *a: _plain(*a, again=False, whole=True)),
        ("head on replies", "float32", everything, lambda *a: _plain(*a, again=False, whole=False)),
        ("prompt read once", "float32", everything, _packed),
        ("bfloat16", "bfloat16", everything, _packed),
        ("upper layers only", "bfloat16", top, _packed),
    ]


def _plain(layers: Layers, states: States, items: Sequence[Item], *, again: bool, whole: bool) -> Step:
    import torch

    def logp(ids: list[int], asked: int) -> Any:
        told = torch.tensor([ids], device=layers.device)
        kept = 0 if whole else len(ids) - asked + 1
        logits = layers.model(input_ids=told, logits_to_keep=kept).logits[0].float()
        places = logits[asked - 1 : -1] if whole else logits[:-1]
        return places.log_softmax(-1).gather(-1, told[0, asked:, None]).sum()

    def step(item: Item) -> Any:
        one = item.packed
        replies = [one.predicted(side)[1] for side in (0, 1)]
        sides = [([*one.ids[: one.asked], *reply], one.asked) for reply in replies]
        references = [0.0, 0.0]
        if again:
            with torch.no_grad(), layers.model.disable_adapter():
                references = [float(logp(*side)) for side in sides]
        first, second = (ReplySide(logp(*side), known, 1) for side, known in zip(sides, references, strict=True))
        return preference_loss("sigmoid", first, second, 0.1)

    return step


def _packed(layers: Layers, states: States, items: Sequence[Item]) -> Step:
    logps_of(layers, states, items)  # what is kept is there already when training begins

    def step(item: Item) -> Any:
        chosen, rejected = layers.reply_logps(item.packed, states.of(item.packed), (0, 1))
        return preference_loss("sigmoid", ReplySide(chosen.sum(), 0.0, 1), ReplySide(rejected.sum(), 0.0, 1), 0.1)

    return step


def _seconds(step: Step, items: Sequence[Item], adapted: Any) -> tuple[float, float]:
    """Median over the pairs: by the clock, and of all threads' processor time, which others beside it stretch less."""
    found = []
    for item in items:
        began = time.perf_counter(), time.process_time()
        step(item).backward()
        found.append((time.perf_counter() - began[0], time.process_time() - began[1]))
        adapted.zero_grad()
    clock, processor = zip(*found, strict=True)
    return round(median(clock), 2), round(median(processor), 2)


if __name__ == "__main__":
    cli.run(main, "python -m benchmarks.training")
