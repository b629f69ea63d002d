"""Bearer tokens as rows: who they were given to and the digest of each, never the token itself."""

from dataclasses import dataclass, fields

from core.store.database import Database, Transaction
from core.store.remembered import Remembered


@dataclass(frozen=True, slots=True)
class StoredToken:
    """A token that was given out. `digest`: SHA-256 of its text, hex; `scopes`: space-separated; times: UTC ISO.

    `revoked_at` is empty while it was not revoked.
    """

    id: str
    digest: str
    team: str
    scopes: str
    track: str
    note: str
    created_at: str
    expires_at: str
    revoked_at: str = ""


class TokenTable:
    """The tokens of one workspace; safe from any thread, and on the disk when a writing call returns."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._tokens: Remembered[None, dict[str, StoredToken]] = Remembered()  # every request shows one

    def add(self, token: StoredToken) -> str:
        """Record a token unless its team holds one of another track; the track that the team's tokens have then."""

        def work(tx: Transaction) -> str:
            known = tx.read("SELECT track FROM token_teams WHERE team = ?", [token.team])
            if known and known[0]["track"] != token.track:
                return str(known[0]["track"])
            if not known:
                tx.write("INSERT INTO token_teams VALUES (?, ?)", [token.team, token.track])
            tx.write(_INSERT, [getattr(token, name) for name in _NAMES])
            return token.track

        with self._tokens.changing():
            return self._database.transaction(work)

    def find(self, token_id: str) -> StoredToken | None:
        """One token by its id."""
        return self._by_id().get(token_id)

    def all(self) -> tuple[StoredToken, ...]:
        """Every token ever given out, newest first."""
        return tuple(self._by_id().values())

    def revoke(self, token_id: str, at: str) -> bool:
        """Take a token back; False where it was taken back before or does not exist."""
        sql = "UPDATE tokens SET revoked_at = ? WHERE id = ? AND revoked_at = ''"
        with self._tokens.changing():
            return self._database.write(sql, [at, token_id]) == 1

    def _by_id(self) -> dict[str, StoredToken]:
        self._database.check_open()
        return self._tokens.get(None, lambda: {row["id"]: StoredToken(**row) for row in self._database.read(_SELECT)})


_NAMES = tuple(field.name for field in fields(StoredToken))
_SELECT = f"SELECT {', '.join(_NAMES)} FROM tokens ORDER BY created_at DESC"
_INSERT = f"INSERT INTO tokens ({', '.join(_NAMES)}) VALUES ({', '.join('?' * len(_NAMES))})"
