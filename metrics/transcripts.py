"""`python -m metrics.transcripts`: the command stands here beside `metrics.score`; its work is `programs.calls`."""

from plumbing import cli
from programs.calls.command import transcripts

if __name__ == "__main__":
    cli.run(transcripts, "python -m metrics.transcripts")
