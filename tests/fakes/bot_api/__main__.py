"""Runs the fake Bot API server as a process of its own and prints its address."""

import argparse
import asyncio

from tests.fakes.bot_api.server import TOKEN, FakeBotAPI


async def _serve(port: int, token: str) -> None:
    api = FakeBotAPI(token)
    await api.start(port)
    print(api.url, flush=True)
    try:
        await asyncio.Event().wait()
    finally:
        await api.stop()


def main() -> None:
    parser = argparse.ArgumentParser(description="A fake Bot API server")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--token", default=TOKEN)
    options = parser.parse_args()
    asyncio.run(_serve(options.port, options.token))


main()
