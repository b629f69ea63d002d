"""The address of a network view: written by the page that shows the frame, read by the route that fills it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Final, Self
from urllib.parse import urlencode

from core.errors import ValenceError

PATH: Final = "/view/network"
SIGNS: Final = {"both": (1, -1), "positive": (1,), "negative": (-1,)}
THEMES: Final = ("light", "dark")


MOST: Final = 299  # neighbours that can be asked for; with what is in the middle there are never more than 300 boxes
USUAL: Final = 60


@dataclass(frozen=True, slots=True)
class NetworkAddress:
    """What a network view shows: ids of workspace and graph; in the middle the attribute of an id, or the group of a
    number as made from the clusters of `stages` (empty: from none); a key of `SIGNS`, one of `THEMES`; at most `most`
    neighbours.
    """

    workspace: str
    graph: str
    attribute: str = ""
    signs: str = "both"
    theme: str = "light"
    group: int | None = None
    stages: str = ""
    most: int = USUAL

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> Self:
        """Read an address; `ValenceError` for signs or a theme that do not exist, or for numbers that are none.

        Ids and the group are not looked up here.
        """
        address = cls(
            query.get("workspace", ""),
            query.get("graph", ""),
            query.get("attribute", ""),
            query.get("signs", "both"),
            query.get("theme", "light"),
            _number("group", query["group"]) if query.get("group") else None,
            query.get("stages", ""),
            _number("most", query["most"]) if query.get("most") else USUAL,
        )
        for name, value, known in (("signs", address.signs, SIGNS), ("theme", address.theme, THEMES)):
            if value not in known:
                raise ValenceError(f"{value!r} is not a choice of {name}.", f"Choose one of: {', '.join(known)}.")
        if not 1 <= address.most <= MOST:
            raise ValenceError(f"{address.most} neighbours cannot be drawn.", f"Ask for 1 to {MOST}.")
        return address

    def url(self) -> str:
        """The address as a path and query on this server, what is as usual left out."""
        beyond = {"group": self.group is not None, "stages": bool(self.stages), "most": self.most != USUAL}
        return f"{PATH}?{urlencode({name: v for name, v in asdict(self).items() if beyond.get(name, True)})}"


def _number(name: str, text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS):
        raise ValenceError(f"{text!r} is no number of {name}.", "Open the network from the Edges page.")
    return int(text)


_MOST_DIGITS: Final = 9
