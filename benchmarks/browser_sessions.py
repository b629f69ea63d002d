"""People clicking through the workbench: real sessions over the workbench's own websocket, without drawing the pages.

A click is what a browser sends for one, the page's script runs on the server, and all it sends back is received.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

PAGES = ("", "catalogue", "graph", "datasets", "runs", "settings")
_MOST_BYTES = 200_000_000


@dataclass
class Clicks:
    """Seconds that each click took until its page was there, of all sessions together, and what went wrong."""

    seconds: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)


@contextmanager
def clicking(url: str, workspace: str, n_sessions: int, pause_s: float) -> Iterator[Clicks]:
    """Keep `n_sessions` people clicking, each every `pause_s` seconds after the last page came, for the block's time.

    Their first clicks are spread over the pause.

    The block begins when every session has seen its first page.
    """
    clicks, over, ready = Clicks(), threading.Event(), threading.Barrier(n_sessions + 1)

    def person(person_number: int) -> None:
        number = person_number
        try:
            with connect(
                f"ws{url.removeprefix('http')}/_stcore/stream", max_size=_MOST_BYTES, subprotocols=_ASKED
            ) as ws:
                _click(ws, workspace, PAGES[number % len(PAGES)])
                ready.wait()
                over.wait(pause_s * person_number / n_sessions)  # nobody clicks in step with the others
                while not over.wait(pause_s):
                    number += 1
                    clicks.seconds.append(_click(ws, workspace, PAGES[number % len(PAGES)]))
        except Exception as error:  # noqa: BLE001 - whatever ends a session is part of the result
            clicks.failures.append(repr(error))
            ready.abort()

    people = [threading.Thread(target=person, args=(number,)) for number in range(n_sessions)]
    for thread in people:
        thread.start()
    ready.wait()
    try:
        yield clicks
    finally:
        over.set()
        for thread in people:
            thread.join()


_ASKED = [Subprotocol("streamlit")]


def _click(ws: ClientConnection, workspace: str, page: str) -> float:
    message = BackMsg()
    message.rerun_script.query_string = f"workspace={workspace}"
    message.rerun_script.page_name = page
    started = time.perf_counter()
    ws.send(message.SerializeToString())
    while True:
        answer = ForwardMsg()
        answer.ParseFromString(bytes(ws.recv()))  # type: ignore[arg-type]
        kind = answer.WhichOneof("type")
        if kind == "delta" and answer.delta.new_element.WhichOneof("type") == "exception":
            raise RuntimeError(answer.delta.new_element.exception.message)
        if kind == "page_not_found":
            raise RuntimeError(f"There is no page {page!r}.")
        if kind == "script_finished" and answer.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY:
            return time.perf_counter() - started
