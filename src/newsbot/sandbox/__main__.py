"""``python -m newsbot.sandbox --port 0``: the simulated Telegram and X as a separate process."""

import argparse
import asyncio
import json
import signal
import sys

from newsbot.errors import ListenError
from newsbot.sandbox.server import Sandbox

__all__ = ["main", "serve"]


def main() -> None:
    """Start the sandbox, print its addresses as one line of JSON, and serve until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(prog="python -m newsbot.sandbox", description=__doc__)
    parser.add_argument(
        "--port", type=int, default=0, help="admin here, Telegram, X and the model next to it; 0: any"
    )
    parser.add_argument("--token", help="the bot token to take (default: 123456:TEST-sandbox)")
    parser.add_argument("--username", default="sandbox", help="the account on X")
    parser.add_argument("--open", action="store_true", help="take any token and any keys")
    asked = parser.parse_args()
    sandbox = Sandbox(token=asked.token, username=asked.username, open_=asked.open)
    try:
        asyncio.run(serve(sandbox, asked.port))
    except ListenError as error:
        sys.exit(str(error))


async def serve(sandbox: Sandbox, port: int) -> None:
    """Start ``sandbox`` at ``port``, print its addresses, and serve until SIGTERM or SIGINT."""
    over = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, over.set)
    await sandbox.start(port)
    urls = {
        "telegram": sandbox.telegram_url,
        "x": sandbox.x_url,
        "model": sandbox.model_url,
        "admin": sandbox.admin_url,
    }
    sys.stdout.write(json.dumps(urls) + "\n")
    sys.stdout.flush()
    await over.wait()
    await sandbox.stop()


if __name__ == "__main__":
    main()
