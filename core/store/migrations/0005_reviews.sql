-- What reviewers decided, for ever: a decision is never changed, it is withdrawn by a row of its own.
CREATE TABLE reviews (
    number BIGINT PRIMARY KEY,
    id VARCHAR UNIQUE NOT NULL,
    catalogue VARCHAR NOT NULL,
    source VARCHAR NOT NULL,
    target VARCHAR NOT NULL,
    graph VARCHAR NOT NULL,
    queue VARCHAR NOT NULL,
    reviewer VARCHAR NOT NULL,
    decision VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    note VARCHAR NOT NULL,
    is_blind BOOLEAN NOT NULL,
    derived_from VARCHAR NOT NULL,
    made_at VARCHAR NOT NULL
);

CREATE TABLE review_withdrawals (
    review VARCHAR PRIMARY KEY,
    withdrawn_by VARCHAR NOT NULL,
    withdrawn_at VARCHAR NOT NULL
);

-- Who has which card of a queue before them: a lease, so that two people are not given the same one.
CREATE TABLE review_claims (
    queue VARCHAR NOT NULL,
    source VARCHAR NOT NULL,
    target VARCHAR NOT NULL,
    reviewer VARCHAR NOT NULL,
    until_us BIGINT NOT NULL,
    PRIMARY KEY (queue, source, target, reviewer)
);
