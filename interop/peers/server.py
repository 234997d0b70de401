"""A server made with Python's websockets package. Usage: python3 server.py PORT

The path of the opening handshake selects what the server does:

    /echo                      sends every message back, deflated if the client offers that
    /fragments?sizes=3,0,5     sends one message in fragments of these sizes and an empty one at the
                               end, as this package does; text=TEXT gives its characters
    /ping?count=3              sends PINGs, and the number of PONGs as text once all have arrived
    /close?code=4001&reason=R  sends CLOSE at once

It prints "close NAME CODE REASON" when a connection whose query has name=NAME ends.
Byte i of generated payload is i modulo 251.
"""

import asyncio
import sys
from urllib.parse import parse_qs, urlsplit

import websockets


async def echo(ws, query):
    async for message in ws:
        await ws.send(message)


async def fragments(ws, query):
    sizes = [int(s) for s in query["sizes"].split(",")]
    whole = query.get("text") or bytes(i % 251 for i in range(sum(sizes)))
    pieces = []
    start = 0
    for size in sizes:
        pieces.append(whole[start : start + size])
        start += size
    await ws.send(pieces)
    await ws.wait_closed()


async def ping(ws, query):
    count = int(query["count"])
    pongs = [await ws.ping(b"ping %d" % i) for i in range(count)]
    await asyncio.gather(*pongs)
    await ws.send(str(len(pongs)))
    await ws.wait_closed()


async def close(ws, query):
    await ws.close(int(query["code"]), query.get("reason", ""))


ROLES = {"/echo": echo, "/fragments": fragments, "/ping": ping, "/close": close}


async def serve(ws, path):
    url = urlsplit(path)
    query = {name: values[0] for name, values in parse_qs(url.query).items()}
    try:
        await ROLES[url.path](ws, query)
    finally:
        await ws.wait_closed()
        print("close", query.get("name"), ws.close_code, ws.close_reason, flush=True)


async def main():
    port = int(sys.argv[1])
    async with websockets.serve(serve, "127.0.0.1", port, max_size=None, ping_interval=None):
        await asyncio.Future()


asyncio.run(main())
