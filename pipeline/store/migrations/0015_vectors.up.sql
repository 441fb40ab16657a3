-- What texts of solutions mean, as a model for embedding says it, so that each
-- text is sent once and not again after a restart. Everything here can be had
-- anew; nothing refers to it.

CREATE TABLE solution_vectors (
    version text NOT NULL,  -- of the model, its endpoint and what is redacted
    hash    bytea NOT NULL, -- SHA-256 of the text
    vector  bytea NOT NULL, -- of length 1: numbers of 32 bits, the low byte first
    -- Touched once a day by processes that use it; what nobody uses is removed,
    -- and so are the vectors of versions that are no longer configured.
    used_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (version, hash)
);
CREATE INDEX solution_vectors_used ON solution_vectors (used_at);

-- Numbers of vectors do not become smaller by compression.
ALTER TABLE solution_vectors ALTER COLUMN vector SET STORAGE EXTERNAL;
