"""`python -m optimizers.examples`: what labelled examples teach a program, as a file for supervised fine-tuning."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Annotated, Any

import typer

from optimizers.examples.labelled_rows import labelled_examples
from optimizers.preferences.formats import PairFormat, write_examples
from plumbing import cli
from plumbing.errors import UserError
from programs.command_options import ArtifactsOption
from programs.kinds.known import KINDS
from programs.playing.contestants import ARTIFACTS, contestants_of, kind_of_names

LABELLED = tuple(name for kind in KINDS if kind.has_labels for name in kind.programs)


def examples(
    out: Annotated[Path, typer.Option(help="File of the examples, .jsonl.")],
    program: Annotated[str, typer.Option(help=f"Whose prompts are taught: {', '.join(LABELLED)}, or an artifact.")] = (
        LABELLED[0]
    ),
    book: Annotated[Path | None, typer.Option(help="Folder of labelled examples; default: the shipped ones.")] = None,
    most: Annotated[
        int | None, typer.Option(min=1, help="Of each predictor; rare kinds of examples come first. Default: all.")
    ] = None,
    form: Annotated[PairFormat, typer.Option("--format", help="Whose trainer reads the file.")] = PairFormat.TRL,
    seed: Annotated[int, typer.Option(min=0, help="Of what is left out.")] = 0,
    artifacts: ArtifactsOption = ARTIFACTS,
) -> None:
    """Write what labelled training examples teach each predictor of a program: prompt and right reply, row by row.

    Nothing is played and no model is called, since the labels are the answers. Only the training part is used.
    `python -m optimizers.train FILE --method sft` imitates them; other trainers take --format openai or together.

    Examples: `python -m optimizers.examples --out reader.jsonl --most 2000`, then
    `python -m optimizers.train reader.jsonl --method sft --out trained/reader` (pip install 'maden[train]').
    """
    kind = kind_of_names([program], artifacts)
    if not kind.has_labels:
        raise UserError(
            f"{program} has no labelled examples; there are some for {', '.join(LABELLED)}, and "
            "python -m optimizers.preferences makes some for a negotiator"
        )
    made: Any = contestants_of(kind, [program], artifacts)[0].program
    rows = labelled_examples(kind, made, kind.book(book).split("train"), most, seed)
    if not rows:
        raise UserError("no training example is short enough to be shown, so nothing was written; see --book")
    files = write_examples(out, rows, form)
    counts = ", ".join(f"{number} of {name}" for name, number in sorted(Counter(row.predictor for row in rows).items()))
    cli.tell(f"{len(rows)} examples ({counts}) written to {' and '.join(map(str, files))}")


if __name__ == "__main__":
    cli.run(examples, "python -m optimizers.examples")
