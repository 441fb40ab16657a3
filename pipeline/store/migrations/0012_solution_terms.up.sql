-- What PostgreSQL's own search finds solutions by while an index is built or
-- broken: the terms that the index would have, as its analysis cuts them, so
-- that Chinese works without an extension.

-- They stand in a table of their own: they follow from the content and are
-- written anew by programs whose analysis is another one.
CREATE TABLE solution_terms (
    id       text PRIMARY KEY REFERENCES solutions ON DELETE CASCADE,
    hash     bytea NOT NULL, -- of the content whose terms these are
    analysis text NOT NULL,  -- names what cut the texts
    terms    tsvector NOT NULL
);
CREATE INDEX solution_terms_terms ON solution_terms USING gin (terms);

-- The frequent terms and their frequencies are read from the statistics.
ALTER TABLE solution_terms ALTER COLUMN terms SET STATISTICS 1000;
