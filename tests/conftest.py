"""What holds for every test: no network but this machine's own, no model hub, one thread per model.

The guard stands in Python's sockets. It does not see what C libraries and child processes open: libpq, Chromium.

Tests that ask for a ``url`` or for ``either_database`` run twice, on SQLite and on a throw-away PostgreSQL cluster.
"""

import ipaddress
import os
import shutil
import socket
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from storage.database import Database
from storage.models import Base

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


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """URL of a PostgreSQL cluster that lives as long as the tests."""
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if not programs:
        pytest.skip("PostgreSQL is not tested: install Debian's package 'postgresql' (its programs are enough).")
    user = "postgres" if os.geteuid() == 0 else None  # the server refuses to run as root
    folder = Path(tempfile.mkdtemp(prefix="cenfobot-pg-"))
    if user:
        shutil.chown(folder, user)

    def run(program: str, *arguments: str) -> None:
        command = [str(programs[-1] / program), "-D", str(folder / "data"), *arguments]
        subprocess.run(command, user=user, cwd=folder, check=True, stdout=subprocess.DEVNULL)

    try:
        run("initdb", "--auth=trust", "--username=test", "--encoding=UTF8", "--no-sync")
        options = f"-c listen_addresses='' -c unix_socket_directories={folder} -c fsync=off -c max_connections=50"
        run("pg_ctl", "start", "--wait", "--log", str(folder / "log"), "--options", options)
        try:
            yield f"postgresql+psycopg://test@/postgres?host={folder}"
        finally:
            run("pg_ctl", "stop", "--mode=immediate")
    finally:
        shutil.rmtree(folder)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """URL of an empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'home' / 'cenfobot.db'}"
    server: str = request.getfixturevalue("postgresql_server")
    schema = f"test_{uuid.uuid4().hex}"  # made a thousand files faster than a database of its own
    engine = create_engine(server)
    with engine.begin() as connection:
        connection.execute(text(f"CREATE SCHEMA {schema}"))
    engine.dispose()
    return f"{server}&options=-csearch_path%3D{schema}"


@pytest.fixture(scope="session")
def _postgresql_tables(postgresql_server: str) -> str:
    """URL of a migrated database, which its users empty."""
    engine = create_engine(postgresql_server)
    with engine.begin() as connection:
        connection.execute(text("CREATE SCHEMA emptied"))
    engine.dispose()
    database = Database(url := f"{postgresql_server}&options=-csearch_path%3Demptied")
    database.migrate()
    database.close()
    return url


@pytest.fixture(params=["sqlite", "postgresql"])
def either_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A migrated database without rows; on PostgreSQL always the same one, which is quicker than a new one."""
    if request.param == "sqlite":
        database = Database(f"sqlite:///{tmp_path / 'cenfobot.db'}")
        database.migrate()
    else:
        database = Database(request.getfixturevalue("_postgresql_tables"))
        tables = ", ".join(table.name for table in Base.metadata.sorted_tables)
        with database.writing() as session:
            session.execute(text(f"TRUNCATE {tables} RESTART IDENTITY"))
    yield database
    database.close()


on_sqlite = pytest.mark.parametrize("either_database", ["sqlite"], indirect=True)
"""Marks what would tell nothing more on PostgreSQL."""
