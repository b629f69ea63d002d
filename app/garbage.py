"""Keeping Python's garbage collection short: Streamlit runs a full one after every script run.

It looks at every object there is, most of them modules, schemas and compiled kernels: 150 ms of every click in which no
other thread moves. What is alive once the program is loaded stays as long as the server, so it is set aside.
"""

import asyncio
import gc
from typing import Final

_PAUSES_S: Final = (20, 60, 240)  # pages import what they need when they are first opened


def set_aside() -> None:
    """Collect once, and have later collections pass over everything that is alive now."""
    gc.collect()
    gc.freeze()


async def keep_setting_aside() -> None:
    """Set aside what was loaded meanwhile, a few times after the start and then never again."""
    for pause_s in _PAUSES_S:
        await asyncio.sleep(pause_s)
        set_aside()
