"""nginx with the shipped file, on ports of this machine, in front of servers that run."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path

import pytest

from plumbing.files import ROOT

SHIPPED = ROOT / "deploy" / "nginx.conf"
FOUND = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
OPENSSL = shutil.which("openssl")
START_S = 10.0
needs_nginx = pytest.mark.skipif(not (FOUND and OPENSSL), reason="needs nginx and openssl")


@contextmanager
def proxied(folder: Path, ports: Sequence[int]) -> Iterator[int]:
    """The port on which nginx speaks TLS for the servers on `ports`; they take turns in the file's places."""
    port, plain = free_port(), free_port()
    places = zip(("8001", "8002", "8003"), cycle(ports), strict=False)
    changes = {f"127.0.0.1:{place}": f"127.0.0.1:{own}" for place, own in places}
    changes |= {"listen 443 ": f"listen 127.0.0.1:{port} ", "listen 80;": f"listen 127.0.0.1:{plain};"}
    changes |= {"/etc/maden/": f"{certified(folder)}/"}
    file = folder / "nginx.conf"
    file.write_text(replaced(SHIPPED.read_text(encoding="utf-8"), changes), encoding="utf-8")
    log = folder / "nginx-error.log"
    settings = f"daemon off; pid {folder / 'nginx.pid'};"
    process = subprocess.Popen([FOUND, "-p", str(folder), "-c", str(file), "-e", str(log), "-g", settings])
    try:
        _wait_for(port, process, log)
        yield port
    finally:
        process.terminate()
        process.wait()


def replaced(text: str, changes: dict[str, str]) -> str:
    for old, new in changes.items():
        assert old in text, f"{SHIPPED} has no {old!r}"
        text = text.replace(old, new)
    return text


def certified(folder: Path) -> Path:
    """The folder, with a certificate that nobody signed."""
    argv = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=debts.example.org"]
    files = ["-keyout", str(folder / "key.pem"), "-out", str(folder / "certificate.pem")]
    subprocess.run([OPENSSL, *argv, *files], check=True, capture_output=True)
    return folder


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + START_S
    while time.monotonic() < until and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise AssertionError(f"nginx did not start: {log.read_text(encoding='utf-8')}")
