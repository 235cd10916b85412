"""newsbot as a process of its own, with the tiny model: ``python -m tests.program ARGUMENTS``.

It encodes nothing while the file HOLD is there, and takes what listens on STAND_IN_PORT for Discord.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bot.cli import main
from index.encoder import Vectors
from index.newsroom import Newsroom
from tests.conftest import HashingEmbedder


class _Held(HashingEmbedder):
    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        while "HOLD" in os.environ and Path(os.environ["HOLD"]).exists():
            time.sleep(0.01)
        return super().encode_passages(texts)


def _use_the_tiny_model() -> None:
    opened = Newsroom.open

    async def open_tiny(*arguments: Any, **options: Any) -> Newsroom:
        return await opened(*arguments, **{**options, "load": _Held})

    Newsroom.open = open_tiny  # type: ignore[method-assign, assignment]


def _stay_on_this_machine(port: str) -> None:
    import yarl
    from discord.gateway import DiscordWebSocket
    from discord.http import Route

    Route.BASE = f"http://127.0.0.1:{port}"
    DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(f"ws://127.0.0.1:{port}/gateway/")


if __name__ == "__main__":
    _use_the_tiny_model()
    if "STAND_IN_PORT" in os.environ:
        _stay_on_this_machine(os.environ["STAND_IN_PORT"])
    sys.exit(main())
