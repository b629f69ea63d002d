"""The one server process: workbench, graph view, API, start-up and shutdown. Start it with `valence serve`."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import streamlit as st
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Mount, Route
from streamlit.runtime.pages_manager import PagesManager

from app import whole_callbacks
from app.api.application import PATH, create_api
from app.components.failure import show_failure
from app.garbage import keep_setting_aside, set_aside
from app.network_view import network_route
from app.services import workbench
from core.store.workspace import Workspace

# Until main.py has run once, Streamlit would treat app/pages/ as its own kind of pages and open a deep link without
# main.py around it. The navigation is always main.py's.
PagesManager.uses_pages_directory = False
whole_callbacks.install()


@asynccontextmanager
async def lifespan(_: st.App) -> AsyncIterator[dict[str, Any]]:
    """Hold the first workspace before any page is served; interrupt jobs and let go of everything on exit."""
    bench = workbench()
    bench.open(bench.names()[0])
    set_aside()
    later = asyncio.create_task(keep_setting_aside())
    try:
        yield {}
    finally:
        later.cancel()
        bench.close()


async def health(_: Request) -> JSONResponse:
    """Says that the server is up; scripts wait for it."""
    return JSONResponse({"status": "ok"})


def find_workspace(name: str) -> Workspace | None:
    """The workspace of that name, opened where it is not held yet; None where this server has none such."""
    bench = workbench()
    return bench.open(name).workspace if name in bench.names() else None


app = st.App(
    Path(__file__).with_name("main.py"),
    routes=[Route("/health", health), network_route, Mount(PATH, create_api(find_workspace))],
    lifespan=lifespan,
    on_script_error=show_failure,
)
