"""A proxy as the Supervisor's ingress is one: a path prefix before everything, and the header that says so."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import aiohttp
from aiohttp import web

PREFIX = "/api/hassio_ingress/0123456789abcdef"
_PASSED_BACK = ("Cache-Control", "Content-Security-Policy", "Content-Type", "X-Content-Type-Options")
type _Socket = web.WebSocketResponse | aiohttp.ClientWebSocketResponse


async def _pass_on(source: _Socket, target: _Socket) -> None:
    async for message in source:
        await target.send_str(message.data)
    await target.close()


@contextlib.asynccontextmanager
async def ingress(server: str) -> AsyncIterator[str]:
    """Yield the address at which the proxy shows `server`."""
    headers = {"X-Ingress-Path": PREFIX}

    async def handle(request: web.Request) -> web.StreamResponse:
        url = f"{server}/{request.match_info['path']}"
        if request.headers.get("Upgrade", "").lower() == "websocket":
            ours = web.WebSocketResponse()
            await ours.prepare(request)
            async with session.ws_connect(url, headers=headers) as theirs:
                ways = [asyncio.ensure_future(_pass_on(*way)) for way in ((ours, theirs), (theirs, ours))]
                await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            return ours
        async with session.request(request.method, url, headers=headers, data=await request.read()) as answer:
            back = {name: answer.headers[name] for name in _PASSED_BACK if name in answer.headers}
            return web.Response(body=await answer.read(), status=answer.status, headers=back)

    app = web.Application()
    app.router.add_route("*", f"{PREFIX}/{{path:.*}}", handle)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    async with aiohttp.ClientSession() as session:
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        try:
            yield f"http://127.0.0.1:{runner.addresses[0][1]}{PREFIX}/"
        finally:
            await runner.cleanup()
