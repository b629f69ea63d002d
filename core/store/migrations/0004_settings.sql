-- What a person chose for this workspace (provider, model, prices), by name. Keys are never among it.
CREATE TABLE settings (
    name VARCHAR PRIMARY KEY,
    value VARCHAR NOT NULL,
    updated_at VARCHAR NOT NULL
);
