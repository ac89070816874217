"""The real server in a process of its own, on a scripted model: `python -m tests.app.process FOLDER PORT`."""

from __future__ import annotations

import sys
from pathlib import Path

from app.access.links import Links
from app.access.operators import Operators
from app.api.parts import Parts
from app.conversation.negotiations import Negotiations
from app.conversation.worker import Worker
from app.database.migrating import migrate
from app.server import create_app
from app.serving.listener import listen
from tests.app.databases import opened
from tests.app.desk import desk_lm, house
from tests.app.served import PASSWORD

SECRET = "secret" * 8


def main(folder: Path, port: int) -> None:
    database = opened(folder)
    migrate(database)
    negotiations = Negotiations(database, house(folder, desk_lm(latency_s=0.2)))
    operators = Operators(database)
    operators.add("olga", PASSWORD)
    parts = Parts(negotiations, Links(SECRET), operators, Worker(negotiations, 2), f"http://127.0.0.1:{port}", 10_000)
    listen(create_app(parts), "127.0.0.1", port)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
