"""A client made with Python's websockets package, which plays the cases of a
conformance server. Usage: python3 client.py URL

It asks URL/count how many cases there are, and opens URL/case/1 and so on, one
after the other. It sends every message back until the server closes.
"""

import asyncio
import sys

import websockets


async def play(url):
    try:
        async with websockets.connect(url, max_size=None, ping_interval=None) as ws:
            async for message in ws:
                await ws.send(message)
    except (websockets.exceptions.WebSocketException, OSError):
        pass  # the server reports what was wrong


async def main():
    url = sys.argv[1]
    async with websockets.connect(url + "/count") as ws:
        count = int(await ws.recv())
    for i in range(1, count + 1):
        await play(f"{url}/case/{i}")


asyncio.run(main())
