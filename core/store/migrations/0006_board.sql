-- What teams submitted and had scored, for ever. `figures` are those that may be shown: only of a submission that improved
-- its standing (`shown` = `id`), of the public rows alone. Every other row repeats the one that `shown` names.
CREATE TABLE submissions (
    id VARCHAR PRIMARY KEY,
    version VARCHAR NOT NULL,
    team VARCHAR NOT NULL,
    model VARCHAR NOT NULL,
    track VARCHAR NOT NULL,
    standing VARCHAR NOT NULL,
    source VARCHAR NOT NULL,
    code_ref VARCHAR NOT NULL,
    config VARCHAR NOT NULL,
    submitted_at VARCHAR NOT NULL,
    day VARCHAR NOT NULL,
    body_digest VARCHAR NOT NULL,
    file_digest VARCHAR NOT NULL,
    shown VARCHAR NOT NULL,
    figures VARCHAR
);
CREATE INDEX submissions_by_team ON submissions (version, team);

-- Answers under an idempotency key: the request they belong to and the receipt, repeated as it was.
CREATE TABLE submission_keys (
    version VARCHAR NOT NULL,
    team VARCHAR NOT NULL,
    key VARCHAR NOT NULL,
    request_digest VARCHAR NOT NULL,
    submission VARCHAR NOT NULL,
    receipt VARCHAR NOT NULL,
    written_at VARCHAR NOT NULL,
    PRIMARY KEY (version, team, key)
);

-- Figures of all the test rows' private part: they come into being when the version is closed.
CREATE TABLE private_figures (
    submission VARCHAR PRIMARY KEY,
    figures VARCHAR NOT NULL,
    computed_at VARCHAR NOT NULL
);
