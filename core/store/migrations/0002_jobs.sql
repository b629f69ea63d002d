CREATE TABLE jobs (
    id VARCHAR PRIMARY KEY,
    submit_key VARCHAR UNIQUE,
    action VARCHAR NOT NULL,
    title VARCHAR NOT NULL,
    parameters VARCHAR NOT NULL,
    state VARCHAR NOT NULL,
    done BIGINT NOT NULL DEFAULT 0,
    total BIGINT NOT NULL DEFAULT 0,
    note VARCHAR NOT NULL DEFAULT '',
    error VARCHAR NOT NULL DEFAULT '',
    fix VARCHAR NOT NULL DEFAULT '',
    result VARCHAR NOT NULL DEFAULT '{}',
    created_at VARCHAR NOT NULL,
    started_at VARCHAR,
    finished_at VARCHAR,
    attempt INTEGER NOT NULL DEFAULT 1
);
