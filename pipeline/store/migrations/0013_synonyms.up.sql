-- Phrases of one meaning, by which questions find solutions that say it otherwise.
CREATE TABLE solution_synonyms (
    id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    phrases text[] NOT NULL CHECK (cardinality(phrases) > 0),
    -- What the phrases may mean, and not the other way round; empty: each other.
    meant   text[] NOT NULL,
    CHECK (cardinality(phrases) + cardinality(meant) > 1)
);
