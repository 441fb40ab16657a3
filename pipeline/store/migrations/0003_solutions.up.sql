-- The solution library. seq grows with every change, in the order of commits
-- (writers hold an advisory lock), so that indexes can follow it.

CREATE SEQUENCE solutions_seq;
CREATE TABLE solutions (
    id         text PRIMARY KEY CHECK (id <> ''),
    title      text NOT NULL,
    questions  text[] NOT NULL DEFAULT '{}',
    answer     text NOT NULL,
    tags       text[] NOT NULL DEFAULT '{}',
    product    text NOT NULL DEFAULT '',
    language   text NOT NULL DEFAULT '',
    valid_from timestamptz,
    valid_to   timestamptz,
    owner      text NOT NULL DEFAULT '',
    review_by  date,
    hash       bytea NOT NULL, -- SHA-256 of the content: importing the same again changes nothing
    seq        bigint NOT NULL DEFAULT nextval('solutions_seq'),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CHECK (valid_to IS NULL OR valid_from IS NULL OR valid_from <= valid_to)
);
CREATE UNIQUE INDEX solutions_by_seq ON solutions (seq);
