"""The way to a Ray cluster, and out of it."""

from __future__ import annotations

import contextlib
import logging
import re
from collections.abc import Iterator
from typing import Any

from plumbing.errors import UserError

LOCAL, AUTO = "local", "auto"
_LEAN: dict[str, Any] = {
    "object_store_memory": 256 * 1024**2,
    "_system_config": {
        "prestart_worker_first_driver": False,
        "enable_metrics_collection": False,
        "event_stats": False,
        "task_events_report_interval_ms": 0,
    },
}
"""Of a local Ray: negotiations are small, so the store needs no third of the memory; no process stands ready but the
workers; and nobody looks at its figures, which cost a worker 0.2 % of a core while it waits."""
HINT = "Ray is not installed; install it with `pip install 'maden[cluster]'`, or leave --cluster out"


@contextlib.contextmanager
def connected(address: str, cpus: int | None = None) -> Iterator[Any]:
    """Ray's module, connected as long as the block runs; a connection that stands already is used and left.

    Args:
        address: `local` (Ray is begun on this machine), `auto` (the cluster that this machine belongs to) or
            `ray://HOST:PORT` (Ray Client).
        cpus: that a local Ray may count on; None for the machine's.

    Raises:
        UserError: Ray is not installed, the address is none, or nothing answers there.
    """
    ray = imported()
    _check(address)
    if ray.is_initialized():
        yield ray
        return
    try:
        _init(ray, address, cpus)
    except Exception as error:  # Ray raises its own, plain Exception and many others for a cluster that does not begin
        ray.util.disconnect()  # a Ray Client that reached nobody would answer for every later connection
        raise UserError(f"no Ray cluster answers at {address} ({_first_line(error)}); {_advice(address)}") from error
    try:
        yield ray
    finally:
        ray.shutdown()


def imported() -> Any:
    """Ray's module.

    Raises:
        UserError: it is not installed.
    """
    try:
        import ray
    except ImportError as error:
        raise UserError(HINT) from error
    return ray


def _init(ray: Any, address: str, cpus: int | None) -> None:
    _hush(ray)
    quiet = {"log_to_driver": False, "logging_level": logging.ERROR, "configure_logging": False}
    if address == LOCAL:
        ray.init(address="local", num_cpus=cpus, include_dashboard=False, **_LEAN, **quiet)
    else:
        _show_token()
        ray.init(address=address, **quiet)


def _show_token() -> None:
    """`ray start` asks for a token (since 2.60), and Ray Client shows the one that is here only where it was told to.

    It knows no public way of being told but RAY_AUTH_MODE in the environment before it is imported.
    """
    with contextlib.suppress(ImportError):
        from ray._private.authentication import authentication_token_setup as setup

        setup.logger.setLevel(logging.ERROR)
        setup.maybe_enable_token_auth_if_token_available(warn_if_disabled=False)


def _hush(ray: Any) -> None:
    """Ray tells of every worker that died, on stdout, where results go; the pool says it in a sentence on stderr."""
    worker = getattr(getattr(ray, "_private", None), "worker", None)
    if worker is not None and hasattr(worker, "print_to_stdstream"):
        worker.print_to_stdstream = lambda *_, **__: None


def _check(address: str) -> None:
    if address not in (LOCAL, AUTO) and not re.fullmatch(r"ray://[^\s/]+:\d+", address):
        raise UserError(
            f"--cluster {address} is no cluster: write local, auto (this machine belongs to a Ray cluster) or "
            "ray://HOST:PORT"
        )


def _advice(address: str) -> str:
    if address == LOCAL:
        return "a machine that is busy with other work may need a second try"
    if address == AUTO:
        return "begin one with `ray start --head`, or give --cluster local"
    return (
        "check host and port, that the Ray Client server listens there (10001 unless told otherwise), and that this "
        "machine has the cluster's token (RAY_AUTH_TOKEN, or ~/.ray/auth_token)"
    )


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n", 1)[0][:200]
