"""The HTTP server: calls of the Bot API in, answers or faults out, on a thread and an event loop of its own."""

import asyncio
import json
import socket
import threading
import time
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from uvicorn.protocols.http.h11_impl import H11Protocol

from tests.telegram.faults import Fault, Faults
from tests.telegram.methods import call
from tests.telegram.parameters import read
from tests.telegram.polling import ClientGone, disconnected, get_updates
from tests.telegram.values import Call, Json, Refusal, Violation
from tests.telegram.webhooks import deliver
from tests.telegram.world import World


class Server:
    """Serves a world at ``url`` from ``start`` to ``stop``."""

    def __init__(self, world: World, faults: Faults) -> None:
        self._world = world
        self._faults = faults
        self._connections: dict[tuple[str, int] | None, asyncio.Transport] = {}
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._uvicorn = _Uvicorn(self._config())
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), name="bot-api", daemon=True)

    def start(self) -> None:
        """Returns once calls are answered."""
        self._thread.start()
        while not self._uvicorn.started:
            if not self._thread.is_alive():
                raise RuntimeError(
                    "The emulator's server ended before it had started; its thread's traceback says why."
                )
            time.sleep(0.005)

    def stop(self) -> None:
        """Ends the server and every connection to it."""
        self._uvicorn.stop()
        self._thread.join(10)

    def _config(self) -> uvicorn.Config:
        connections = self._connections

        class Protocol(H11Protocol):
            def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
                super().connection_made(transport)
                connections[self.client] = transport

        app = Starlette(routes=[Route("/bot{token}/{method}", self._handle, methods=["GET", "POST"])])
        return uvicorn.Config(
            app,
            http=Protocol,
            log_config=None,
            log_level="warning",
            access_log=False,
            lifespan="off",
            ws="none",
            proxy_headers=False,
            timeout_keep_alive=600,  # longer than any test: a connection breaks only when ordered
        )

    async def _serve(self) -> None:
        delivery = asyncio.create_task(deliver(self._world))
        await self._uvicorn.serve(sockets=[self._socket])
        delivery.cancel()
        await asyncio.gather(delivery, return_exceptions=True)

    async def _handle(self, request: Request) -> Response:
        method, at = request.path_params["method"], time.time()
        try:
            body = await request.body()
        except ClientDisconnect:
            return Response()
        with self._world.lock:
            fault = self._faults.take(method)
        parameters: Json = {}

        def recorded(answer: Json | None) -> Json | None:
            with self._world.lock:
                self._world.calls.append(Call(method, parameters, at, answer, fault.kind if fault else None))
            return answer

        try:
            parameters |= read(request.url.query, request.headers.get("content-type", ""), body)
            await self._admit(request, fault)
            if method == "getUpdates":
                answer = recorded(_ok(await get_updates(self._world, request, parameters)))
            else:
                with self._world.lock:  # whoever sees what the call did finds it in the record, too
                    answer = recorded(_ok(self._call(method, parameters)))
        except Refusal as refusal:
            answer = recorded(self._refused(method, refusal))
        except (ClientGone, asyncio.CancelledError):
            answer = recorded(None)  # nobody is left to answer, or the emulator ends
        return await self._response(request, answer, fault)

    async def _admit(self, request: Request, fault: Fault | None) -> None:
        if fault and fault.kind == "drop_before":
            raise ClientGone
        if fault and fault.kind in ("500", "502"):
            raise Refusal(int(fault.kind), {"500": "Internal Server Error", "502": "Bad Gateway"}[fault.kind])
        if fault and fault.kind == "delay":
            await asyncio.sleep(fault.seconds)
        if request.path_params["token"] != self._world.token:
            raise Violation("Unauthorized", 401)

    def _call(self, method: str, parameters: Json) -> Any:
        try:
            return call(self._world, method, parameters)
        except (AttributeError, LookupError, TypeError, ValueError) as error:
            raise Violation(f"can't parse the parameters: {error!r}") from error

    def _refused(self, method: str, refusal: Refusal) -> Json:
        if isinstance(refusal, Violation):
            with self._world.lock:
                self._world.violations.append(f"{method}: {refusal.description}")
        return refusal.body()

    async def _response(self, request: Request, answer: Json | None, fault: Fault | None) -> Response:
        if answer is None or (fault and fault.kind == "drop_after"):
            self._connections[request.scope["client"]].abort()
            await disconnected(request)
            return Response()
        if fault and fault.kind == "garbage":
            return Response("<html>not JSON", media_type="text/html")
        return Response(json.dumps(answer), answer.get("error_code", 200), media_type="application/json")


def _ok(result: Any) -> Json:
    return {"ok": True, "result": result}


class _Uvicorn(uvicorn.Server):
    """uvicorn that ends at once: a test's bot has nothing left to hear, and many tests start a server."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self._loop, self._stopped = asyncio.get_running_loop(), asyncio.Event()
        await super().startup(sockets)

    async def main_loop(self) -> None:
        await self._stopped.wait()

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._stopped.set)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        for task in self.server_state.tasks:
            task.cancel()
        await asyncio.gather(*self.server_state.tasks, return_exceptions=True)
