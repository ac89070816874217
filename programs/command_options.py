"""Options that several command lines share: one name, one help text and one range for each."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

LmOption = Annotated[str, typer.Option(help="local, local:FILE.gguf or a LiteLLM model string.")]
DebtorOption = Annotated[str, typer.Option(help="simulated, or lm: played by a model.")]
DebtorLmOption = Annotated[str | None, typer.Option(help="Model of an LM debtor; default: that of --lm.")]
LmDebtorOption = Annotated[str, typer.Option(help="simulated, or lm: played by the model of --lm.")]
"""`--debtor` of a command without `--debtor-lm`."""

BookOption = Annotated[Path | None, typer.Option(help="A debtor book; default: the shipped one.")]
StratifyOption = Annotated[
    bool,
    typer.Option(
        "--stratify",
        help="Draw the debtors of a large book in proportion to persona, reason and size of debt; it is read in parts.",
    ),
]
PolicyOption = Annotated[
    Path | None, typer.Option(help="TOML or JSON file with the creditor's limits; artifacts keep their own.")
]
ArtifactsOption = Annotated[Path, typer.Option(help="Folder of the artifacts.")]
RunsOption = Annotated[Path, typer.Option(help="Folder of the runs.")]
PlayedOption = Annotated[Path, typer.Option(help="Folder where compare and ablate keep what was played.")]

MeasuredOption = Annotated[int | None, typer.Option(min=1, help="How many; default: all of the split.")]
"""Debtors to measure on."""
TrialSeedOption = Annotated[int, typer.Option(help="Trial t is played with seed + t.")]
ThreadsOption = Annotated[
    int, typer.Option(min=1, help="Negotiations at once (on a cluster: in each worker); for remote models.")
]

ClusterOption = Annotated[
    str | None,
    typer.Option(
        help="Play on a Ray cluster: local (on this machine), auto (the one it belongs to), or ray://HOST:PORT."
    ),
]
WorkersOption = Annotated[
    int | None, typer.Option(min=1, max=4096, help="Workers on the cluster, each with --threads; default: 2.")
]
CpusOption = Annotated[
    float | None, typer.Option("--cpus-per-worker", min=0, help="CPUs of a worker, as Ray counts them; default: 1.")
]
GpusOption = Annotated[float | None, typer.Option("--gpus-per-worker", min=0, help="GPUs of a worker; default: 0.")]

MaxUsdOption = Annotated[float | None, typer.Option(min=0, help="Stop before the run costs more.")]
MaxCallsOption = Annotated[int | None, typer.Option(min=0, help="Stop after so many paid calls.")]
MaxMinutesOption = Annotated[float | None, typer.Option(min=0, help="Stop after so many minutes of work.")]
RpmOption = Annotated[int | None, typer.Option(min=1, help="Requests a minute at most, to each remote model.")]
TpmOption = Annotated[
    int | None, typer.Option(min=1, help="Tokens a minute at most, prompts and replies, of each remote model.")
]
