-- What authors say of their own model runs; nobody has seen the predictions. A log is never changed.
CREATE TABLE evaluation_logs (
    number BIGINT PRIMARY KEY,
    id VARCHAR UNIQUE NOT NULL,
    content VARCHAR NOT NULL,
    file VARCHAR NOT NULL,
    line BIGINT NOT NULL,
    source VARCHAR NOT NULL,
    taken_in_at VARCHAR NOT NULL
);
