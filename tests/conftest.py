"""What holds for every test: no network but this machine's own, no model hub, one thread per model.

The guard stands in Python's sockets. It does not see what C libraries and child processes open: libpq, Chromium.
"""

import ipaddress
import os
import socket
from collections.abc import Iterator

import pytest

# Read by the libraries when they are imported, hence before any test module.
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
os.environ.setdefault("OMP_NUM_THREADS", "1")


class NetworkForbidden(Exception):
    """A test reached for another machine. No OSError, so that no code takes it for a connection that failed."""


@pytest.fixture(scope="session", autouse=True)
def _no_network() -> Iterator[None]:
    connect, connect_ex, getaddrinfo = socket.socket.connect, socket.socket.connect_ex, socket.getaddrinfo

    def guarded_connect(self: socket.socket, address: object) -> None:
        _refuse_other_machines(self.family, address)
        connect(self, address)  # type: ignore[arg-type]

    def guarded_connect_ex(self: socket.socket, address: object) -> int:
        _refuse_other_machines(self.family, address)
        return connect_ex(self, address)  # type: ignore[arg-type]

    def guarded_getaddrinfo(host: object, *args: object, **options: object) -> object:
        _refuse_other_machines(socket.AF_INET, (host,))
        return getaddrinfo(host, *args, **options)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(socket.socket, "connect", guarded_connect)
        monkeypatch.setattr(socket.socket, "connect_ex", guarded_connect_ex)
        monkeypatch.setattr(socket, "getaddrinfo", guarded_getaddrinfo)
        yield


def _refuse_other_machines(family: int, address: object) -> None:
    if family not in (socket.AF_INET, socket.AF_INET6):
        return
    host = address[0] if isinstance(address, tuple) else address
    name = host.decode() if isinstance(host, bytes) else host
    if not _is_this_machine(name):
        raise NetworkForbidden(
            f"A test tried to reach {name!r}; tests may reach this machine only. Use a local stand-in."
        )


def _is_this_machine(host: object) -> bool:
    if host in (None, "", "localhost"):
        return True
    try:
        address = ipaddress.ip_address(str(host))
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified  # unspecified: what a server listens on
