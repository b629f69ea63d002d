"""The address of a network view: written by the page that shows the frame, read by the route that fills it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Final, Self
from urllib.parse import urlencode

from core.errors import ValenceError

PATH: Final = "/view/network"
SIGNS: Final = {"both": (1, -1), "positive": (1,), "negative": (-1,)}
THEMES: Final = ("light", "dark")


@dataclass(frozen=True, slots=True)
class NetworkAddress:
    """What a network view shows: ids of workspace, graph and attribute, a key of `SIGNS`, one of `THEMES`."""

    workspace: str
    graph: str
    attribute: str
    signs: str = "both"
    theme: str = "light"

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> Self:
        """Read an address; `ValenceError` for signs or a theme that do not exist. Ids are not looked up here."""
        address = cls(
            query.get("workspace", ""),
            query.get("graph", ""),
            query.get("attribute", ""),
            query.get("signs", "both"),
            query.get("theme", "light"),
        )
        for name, value, known in (("signs", address.signs, SIGNS), ("theme", address.theme, THEMES)):
            if value not in known:
                raise ValenceError(f"{value!r} is not a choice of {name}.", f"Choose one of: {', '.join(known)}.")
        return address

    def url(self) -> str:
        """The address as a path and query on this server."""
        return f"{PATH}?{urlencode(asdict(self))}"
