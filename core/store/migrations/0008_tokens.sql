-- Bearer tokens of the blind protocol. The text of a token is shown once and stored nowhere: here lies its digest.
CREATE TABLE tokens (
    id VARCHAR PRIMARY KEY,
    digest VARCHAR NOT NULL,
    team VARCHAR NOT NULL,
    scopes VARCHAR NOT NULL,
    track VARCHAR NOT NULL,
    note VARCHAR NOT NULL,
    created_at VARCHAR NOT NULL,
    expires_at VARCHAR NOT NULL,
    revoked_at VARCHAR NOT NULL
);

-- The track a team competes on, fixed by its first token: who may read the edges never submits as blind.
CREATE TABLE token_teams (
    team VARCHAR PRIMARY KEY,
    track VARCHAR NOT NULL
);
