-- What the artefact folders hold, for questions in SQL. The folders are the truth; these rows follow them.
CREATE TABLE artefacts (
    kind VARCHAR NOT NULL,
    id VARCHAR NOT NULL,
    title VARCHAR NOT NULL,
    created_at VARCHAR NOT NULL,
    facts JSON NOT NULL,
    manifest JSON NOT NULL,
    PRIMARY KEY (kind, id)
);

CREATE TABLE artefact_parents (
    kind VARCHAR NOT NULL,
    id VARCHAR NOT NULL,
    role VARCHAR NOT NULL,
    parent_id VARCHAR NOT NULL,
    PRIMARY KEY (kind, id, role)
);

-- Idempotency keys that have written.
CREATE TABLE write_keys (
    name VARCHAR PRIMARY KEY,
    written_at VARCHAR NOT NULL
);
