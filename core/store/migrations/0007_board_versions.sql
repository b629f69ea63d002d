-- Splits that are, or were, open for submissions: one row each, and what was done to them, for ever.
CREATE TABLE board_versions (
    split VARCHAR PRIMARY KEY,
    dataset VARCHAR NOT NULL,
    title VARCHAR NOT NULL,
    opened_at VARCHAR NOT NULL,
    closed_at VARCHAR NOT NULL DEFAULT ''
);

CREATE TABLE board_events (
    number BIGINT PRIMARY KEY,
    split VARCHAR NOT NULL,
    event VARCHAR NOT NULL,
    done_by VARCHAR NOT NULL,
    done_at VARCHAR NOT NULL
);
