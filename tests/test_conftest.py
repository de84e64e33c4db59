"""The guard around the tests: other machines cannot be reached, this one can."""

import asyncio
import socket

import pytest


@pytest.mark.parametrize("host", ["93.184.215.14", "192.168.0.1", "::ffff:8.8.8.8"])
def test_no_test_connects_to_another_machine(host: str) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as client, pytest.raises(Exception, match="tests may reach this machine only"):
        client.connect((host, 80))


async def test_no_test_looks_up_another_machine() -> None:
    with pytest.raises(Exception, match=r"tried to reach 'api\.telegram\.org'"):
        await asyncio.open_connection("api.telegram.org", 443)


async def test_a_server_of_the_tests_own_is_reached() -> None:
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
    async with server:
        host, port = server.sockets[0].getsockname()
        reader, writer = await asyncio.open_connection(host, port)
        assert await reader.read() == b""
        writer.close()
