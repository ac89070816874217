"""`python -m optimizers.dpo`: train a negotiator's weights on preference pairs."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import os
import time
from pathlib import Path
from typing import Annotated, Any

import typer

from optimizers.dpo.adapter_card import AdapterCard, heldout_margins, text
from optimizers.dpo.base import BaseWeights, find_base, load
from optimizers.dpo.curves import plotted
from optimizers.dpo.gguf_adapter import write_gguf_adapter
from optimizers.dpo.hyperparameters import DpoSettings
from optimizers.dpo.logps import margins
from optimizers.dpo.training import CHECKPOINTS, Trained, device_of, steps_of, train, write_curve
from optimizers.dpo.training_data import PairSplit, read_pairs, split_pairs
from plumbing import cli
from plumbing.bars import PhaseBars
from plumbing.clock import utc_now
from plumbing.errors import UserError
from plumbing.files import replace_file
from programs.models.adapted import EMBEDDED, write_adapted
from programs.models.model_file import file_sha256

# Progress is shown by our own bars; what the libraries draw would stand between them. Read when they are imported.
os.environ.setdefault("TQDM_DISABLE", "1")

PACKAGES = ("torch", "transformers", "trl", "peft", "gguf")
FINAL = ("eval_loss", "eval_rewards/margins", "eval_rewards/accuracies", "loss", "rewards/margins")
"""Of what was logged, what the card repeats."""
SETTINGS_FILE = "settings.json"
_DEFAULT = DpoSettings()


def dpo(  # noqa: PLR0913, PLR0917  (a command line)
    pairs: Annotated[Path, typer.Argument(help="Pairs in TRL's format (python -m optimizers.preferences).")],
    out: Annotated[Path, typer.Option(help="Folder of the adapters; the same folder again goes on where it stopped.")],
    model: Annotated[
        str, typer.Option(help="The base: local, local:FILE.gguf, a model's directory, or a Hugging Face id.")
    ] = "local",
    base_gguf: Annotated[
        Path | None, typer.Option(help="GGUF file of the same base, to run the adapters with, where --model is none.")
    ] = None,
    epochs: Annotated[float, typer.Option(min=0.01, help="How often each pair is met.")] = _DEFAULT.epochs,
    learning_rate: Annotated[float, typer.Option(help="Of the adapters.")] = _DEFAULT.learning_rate,
    beta: Annotated[float, typer.Option(help="How dearly a step away from the base is paid.")] = _DEFAULT.beta,
    rank: Annotated[int, typer.Option(min=1, max=256, help="Of the adapters.")] = _DEFAULT.rank,
    batch: Annotated[int, typer.Option(min=1, max=512, help="Pairs a step.")] = _DEFAULT.batch,
    at_once: Annotated[int, typer.Option(min=1, max=64, help="Pairs on the device at once.")] = _DEFAULT.at_once,
    eval_share: Annotated[float, typer.Option(min=0, max=0.9, help="Share of debtors whose pairs are held out.")] = (
        _DEFAULT.eval_share
    ),
    max_tokens: Annotated[int, typer.Option(min=64, help="Longer pairs are left out.")] = _DEFAULT.max_tokens,
    gradient_checkpointing: Annotated[
        bool, typer.Option("--gradient-checkpointing", help="Less memory for a third more time.")
    ] = False,
    device: Annotated[str, typer.Option(help="auto, cpu or cuda.")] = "auto",
    seed: Annotated[int, typer.Option(min=0, help="Of the adapters' first values and the order of the pairs.")] = 0,
    merge: Annotated[bool, typer.Option("--merge", help="Also write base and adapters as one model.")] = False,
) -> None:
    """Train LoRA adapters by direct preference optimisation, so that one prompt does what a teacher took many for.

    Needs the extra `dpo` (torch, transformers, trl, peft). The folder gets the adapters in PEFT's form (`adapter/`) and
    as a GGUF file beside its base, so that `local:FOLDER` is a model like any other; a card; and the curves. A
    training that was stopped goes on from its last checkpoint with the same command.

    Examples: `python -m optimizers.dpo pairs.jsonl --out trained/first`, then
    `python -m programs.compare local local:trained/first --split heldout`;
    on a GPU: `python -m optimizers.dpo pairs.jsonl --out trained/7b --model Qwen/Qwen2.5-7B-Instruct --batch 32
    --at-once 4 --gradient-checkpointing --merge`.
    """
    if device not in ("auto", "cpu", "cuda"):
        raise UserError(f"no device is called {device!r}; there are auto, cpu and cuda")
    settings = DpoSettings(
        epochs=epochs,
        learning_rate=learning_rate,
        beta=beta,
        rank=rank,
        batch=batch,
        at_once=at_once,
        eval_share=eval_share,
        max_tokens=max_tokens,
        seed=seed,
        gradient_checkpointing=gradient_checkpointing,
    )
    rows, sha256 = read_pairs(pairs)
    base = find_base(model)
    _require_packages()
    _require_same(out, settings, base, sha256)
    place, dtype = device_of(device)  # type: ignore[arg-type]  # checked above
    cli.tell(f"loading {base.name} onto {place}")
    weights, tokenizer = load(base, dtype)
    weights.to(place)
    split = split_pairs(rows, sha256, tokenizer, settings.eval_share, settings.max_tokens)
    steps = steps_of(len(split.train), settings)
    cli.tell(
        f"{len(split.train)} pairs to train on, {len(split.heldout)} held out, {split.too_long} too long; {steps} steps"
    )
    replace_file(out / SETTINGS_FILE, _identity(settings, base, sha256))
    with PhaseBars() as bars:
        before = _margins(weights, tokenizer, split, bars, "held-out pairs before")
        bars.phase("training", steps, "steps")
        began = time.monotonic()
        trained = train(weights, tokenizer, split, settings, out / CHECKPOINTS, place, _watching(bars))
        minutes = (time.monotonic() - began) / 60
        after = _margins(trained.model, tokenizer, split, bars, "held-out pairs after")
    runs_as = _saved(out, base, base_gguf, trained, settings)
    if merge:
        _merge(out / "merged", trained, tokenizer)
    card = AdapterCard(
        created=utc_now(),
        base=base.name,
        base_sha256=base.sha256,
        base_commit=getattr(trained.model.get_base_model().config, "_commit_hash", None),
        pairs_file=pairs.name,
        pairs_sha256=split.sha256,
        trained_on=len(split.train),
        held_out=len(split.heldout),
        too_long=split.too_long,
        settings=settings,
        device=place,
        steps=trained.steps,
        minutes=minutes,
        packages={name: importlib.metadata.version(name) for name in PACKAGES},
        margins=heldout_margins(split.heldout, before, after),
        last=_last(trained),
        runs_as=runs_as,
    )
    write_curve(out / "curve.jsonl", trained.curve)
    replace_file(out / "curve.svg", plotted(trained.curve).encode())
    replace_file(out / "card.json", f"{card.model_dump_json(indent=1)}\n".encode())
    replace_file(out / "card.md", text(card).encode())
    cli.results().print(text(card), highlight=False)
    cli.tell(f"written to {out}" + (f"; next: python -m programs.compare {model} {runs_as}" if runs_as else ""))


def _require_packages() -> None:
    missing = [name for name in PACKAGES if importlib.util.find_spec(name) is None]
    if missing:
        raise UserError(f"training needs {', '.join(missing)}, not installed here; run `pip install 'maden[dpo]'`")


def _identity(settings: DpoSettings, base: BaseWeights, sha256: str) -> bytes:
    """What a folder's checkpoints belong to."""
    return json.dumps({"base": base.name, "pairs_sha256": sha256, "settings": settings.model_dump()}).encode() + b"\n"


def _require_same(out: Path, settings: DpoSettings, base: BaseWeights, sha256: str) -> None:
    """Refuse to go on from checkpoints of another training."""
    path = out / SETTINGS_FILE
    if path.is_file() and path.read_bytes() != _identity(settings, base, sha256):
        raise UserError(
            f"{out} holds another training (other pairs, base or settings, see {path}); name another folder with --out"
        )


def _margins(model: Any, tokenizer: Any, split: PairSplit, bars: PhaseBars, name: str) -> list[float]:
    if split.heldout:
        bars.phase(name, len(split.heldout), "pairs")
    return margins(model, tokenizer, split.heldout, lambda: bars.advance(None))


def _watching(bars: PhaseBars) -> Any:
    def on_step(step: int, steps: int, row: dict[str, float]) -> None:
        if "loss" in row:
            bars.advance(f"loss {row['loss']:.3f}, reward margin {row.get('rewards/margins', 0):.3f}")
        elif "eval_loss" in row:
            bars.say(f"  held out after {step} of {steps} steps: loss {row['eval_loss']:.3f}")

    return on_step


def _saved(out: Path, base: BaseWeights, base_gguf: Path | None, trained: Trained, settings: DpoSettings) -> str | None:
    """Write the adapters in both forms; returns the model string that runs them."""
    from peft import get_peft_model_state_dict

    trained.model.save_pretrained(out / "adapter", save_embedding_layers=False)  # else the hub is asked
    gguf_file = base.gguf or base_gguf
    if gguf_file is None:
        return None
    tensors = {
        k: v.detach().float().cpu().numpy()
        for k, v in get_peft_model_state_dict(trained.model, save_embedding_layers=False).items()
    }
    config = trained.model.get_base_model().config
    write_gguf_adapter(out / "adapter.gguf", tensors, config, settings.lora_alpha)
    named = base.name if base.name == EMBEDDED else str(gguf_file.absolute())
    write_adapted(out, named, file_sha256(gguf_file), out / "adapter.gguf")
    return f"local:{out}"


def _merge(folder: Path, trained: Trained, tokenizer: Any) -> None:
    trained.model.merge_and_unload().save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def _last(trained: Trained) -> dict[str, float]:
    """The last value of each figure that the card repeats."""
    known = {name: value for row in trained.curve for name, value in row.items()}
    return {name: known[name] for name in FINAL if name in known}


if __name__ == "__main__":
    cli.run(dpo, "python -m optimizers.dpo")
