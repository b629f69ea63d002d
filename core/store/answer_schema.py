"""Tables of the answer log, as numbered steps: the file's `user_version` says how many it has."""

APPLICATION_ID = 0x56414C41  # marks the file as an answer log, so that an empty or foreign file is not taken for one

_FIRST = """
PRAGMA application_id = 1447119937;

CREATE TABLE requests (
    fingerprint TEXT PRIMARY KEY,
    request TEXT NOT NULL               -- JSON, with the rendered prompt
) WITHOUT ROWID;

CREATE TABLE answers (
    fingerprint TEXT NOT NULL REFERENCES requests (fingerprint),
    again INTEGER NOT NULL,             -- 0 for the first answer; the others were asked for on purpose
    provider TEXT NOT NULL,
    reply TEXT NOT NULL,
    finish TEXT NOT NULL,
    input_tokens INTEGER,               -- as the provider counted; NULL where it did not say
    output_tokens INTEGER,
    answered_at TEXT NOT NULL,
    PRIMARY KEY (fingerprint, again)
);

CREATE TABLE calls (
    run TEXT NOT NULL,
    number INTEGER NOT NULL,            -- 1, 2, 3, ... within the run
    purpose TEXT NOT NULL,
    subject TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    again INTEGER NOT NULL,
    outcome TEXT NOT NULL,
    is_paid INTEGER NOT NULL,           -- whether the provider may charge for it
    seconds REAL NOT NULL,
    input_tokens INTEGER,               -- as the provider counted
    output_tokens INTEGER,
    charged_input_tokens INTEGER NOT NULL,  -- what the budget counts: the provider's count, else the worst case
    charged_output_tokens INTEGER NOT NULL,
    cost REAL,                          -- of the charged tokens; NULL where the price is unknown
    started_at TEXT NOT NULL,
    ended_at TEXT,                      -- NULL while the call is in flight
    message TEXT NOT NULL,
    PRIMARY KEY (run, number)
) WITHOUT ROWID;

CREATE INDEX calls_in_flight ON calls (run) WHERE outcome = 'in flight';

CREATE TABLE batches (
    run TEXT NOT NULL,
    name TEXT NOT NULL,                 -- the provider's name of the batch
    fingerprints TEXT NOT NULL,         -- JSON list, in the order of the batch's requests
    state TEXT NOT NULL,
    submitted_at TEXT NOT NULL,
    collected_at TEXT,
    PRIMARY KEY (run, name)
) WITHOUT ROWID;
"""

MIGRATIONS = (_FIRST,)
