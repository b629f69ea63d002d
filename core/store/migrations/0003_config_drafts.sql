-- Configurations being edited. A draft is not yet a fact: it is replaced as its author moves a slider.
CREATE TABLE config_drafts (
    id VARCHAR PRIMARY KEY,
    graph VARCHAR NOT NULL,
    config VARCHAR NOT NULL,
    updated_at VARCHAR NOT NULL
);
