-- The library grows up: who a solution is for, how far it is on its way, what
-- people think of it, and every form it ever had.

ALTER TABLE solutions
    ADD COLUMN short_reply   text NOT NULL DEFAULT '',
    ADD COLUMN note          text NOT NULL DEFAULT '', -- for agents only
    ADD COLUMN region        text NOT NULL DEFAULT '',
    ADD COLUMN customer_type text NOT NULL DEFAULT '' CHECK (customer_type IN ('', 'individual', 'enterprise')),
    ADD COLUMN stage         text NOT NULL DEFAULT '' -- of a script; '' is a solution proper
        CHECK (stage IN ('', 'guide', 'confirm_need', 'explain_solution', 'feedback')),
    ADD COLUMN reviewed_at   timestamptz, -- null: nobody said that it is right since it came
    ADD COLUMN status        text NOT NULL DEFAULT 'published' CHECK (status IN ('draft', 'published', 'retired')),
    ADD COLUMN revision      integer NOT NULL DEFAULT 1 CHECK (revision >= 1),
    -- What distinct persons think of it, each of them once.
    ADD COLUMN helpful       integer NOT NULL DEFAULT 0 CHECK (helpful >= 0),
    ADD COLUMN partly        integer NOT NULL DEFAULT 0 CHECK (partly >= 0),
    ADD COLUMN wrong         integer NOT NULL DEFAULT 0 CHECK (wrong >= 0),
    ADD COLUMN outdated      integer NOT NULL DEFAULT 0 CHECK (outdated >= 0),
    -- What files said last, so that an import knows what people changed since.
    ADD COLUMN imported      bytea, -- hash of what the last import gave; null: it came from no file
    ADD COLUMN edited        boolean NOT NULL DEFAULT false; -- by people, since that import

-- Every form of every solution. Rows are only added.
CREATE TABLE solution_revisions (
    solution_id text NOT NULL REFERENCES solutions,
    revision    integer NOT NULL CHECK (revision >= 1),
    content     jsonb NOT NULL,
    hash        bytea NOT NULL, -- SHA-256 of the content
    status      text NOT NULL CHECK (status IN ('draft', 'published', 'retired')),
    at          timestamptz NOT NULL DEFAULT now(),
    by          text NOT NULL CHECK (by <> ''),
    reason      text NOT NULL DEFAULT '',
    made        text NOT NULL CHECK (made IN ('import', 'edit', 'status', 'review', 'bulk', 'restore', 'draft')),
    PRIMARY KEY (solution_id, revision)
);
UPDATE solutions SET imported = hash;
ALTER TABLE solutions
    ADD CHECK (imported IS NOT NULL OR edited),
    ALTER COLUMN status DROP DEFAULT,
    ALTER COLUMN revision DROP DEFAULT,
    -- When somebody last found it right, or wrote its words: tags and owners vouch for nothing.
    ADD COLUMN vouched_at timestamptz;
UPDATE solutions SET vouched_at = updated_at;
ALTER TABLE solutions ALTER COLUMN vouched_at SET NOT NULL;
INSERT INTO solution_revisions (solution_id, revision, content, hash, status, at, by, made)
SELECT
    id, 1,
    jsonb_strip_nulls(jsonb_build_object(
        'id', id, 'title', title, 'questions', to_jsonb(NULLIF(questions, '{}')), 'answer', answer,
        'tags', to_jsonb(NULLIF(tags, '{}')), 'product', NULLIF(product, ''), 'language', NULLIF(language, ''),
        'valid_from', to_char(valid_from AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
        'valid_to', to_char(valid_to AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
        'owner', NULLIF(owner, ''), 'review_by', to_char(review_by, 'YYYY-MM-DD"T00:00:00Z"'), 'status', status)),
    hash, status, updated_at, 'import', 'import'
FROM solutions;
-- What a solution is now is among its revisions.
ALTER TABLE solutions ADD CONSTRAINT solutions_revised
    FOREIGN KEY (id, revision) REFERENCES solution_revisions (solution_id, revision);

-- The words of a text for PostgreSQL's own search: Chinese, Japanese and Korean
-- characters stand alone, so that a phrase of them finds what contains it, and
-- punctuation parts words, so that product codes are found by their parts. A
-- tsvector holds at most 1 MiB, which four times 20,000 characters never reach.
CREATE FUNCTION solution_words(said text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
    RETURN regexp_replace(
        regexp_replace(left(normalize(left(said, 20000), NFKC), 20000),
            '[!-/:-@[-`{-~\u00A1-\u00BF\u2000-\u206F\u3000-\u3004]+', ' ', 'g'),
        '([\u3005-\u30FF\u3400-\u9FFF\uAC00-\uD7AF\uF900-\uFAFF])', ' \1 ', 'g');
-- array_to_string is not immutable for arrays of all types; for those of texts it is.
CREATE FUNCTION solution_text(texts text[]) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
    BEGIN ATOMIC SELECT string_agg(t, ' ' ORDER BY n) FROM unnest(texts) WITH ORDINALITY AS u (t, n); END;
ALTER TABLE solutions ADD COLUMN searched tsvector NOT NULL GENERATED ALWAYS AS (
    setweight(to_tsvector('simple', solution_words(id || ' ' || title)), 'A') ||
    setweight(to_tsvector('simple', COALESCE(solution_words(solution_text(questions)), '')), 'B') ||
    setweight(to_tsvector('simple', COALESCE(solution_words(solution_text(tags)), '') || ' ' || solution_words(product)), 'C') ||
    setweight(to_tsvector('simple', solution_words(answer)), 'D')) STORED;
CREATE INDEX solutions_searched ON solutions USING gin (searched);

-- Lists: the latest change first, by owner, product or tag, and what waits for a review.
CREATE INDEX solutions_changed ON solutions (updated_at DESC, id);
CREATE INDEX solutions_owner ON solutions (owner, updated_at DESC, id);
CREATE INDEX solutions_product ON solutions (product, updated_at DESC, id);
CREATE INDEX solutions_tags ON solutions USING gin (tags);
CREATE INDEX solutions_unpublished ON solutions (status, updated_at DESC, id) WHERE status <> 'published';
CREATE INDEX solutions_scripts ON solutions (stage, updated_at DESC, id) WHERE stage <> '';
CREATE INDEX solutions_region ON solutions (region, updated_at DESC, id) WHERE region <> '';
CREATE INDEX solutions_customer_type ON solutions (customer_type, updated_at DESC, id) WHERE customer_type <> '';
CREATE INDEX solutions_language ON solutions (language text_pattern_ops);
CREATE INDEX solutions_vouched ON solutions (vouched_at, id);
CREATE INDEX solutions_review_by ON solutions (review_by, id) WHERE status = 'published' AND review_by IS NOT NULL;
CREATE INDEX solutions_begins ON solutions (valid_from, id) WHERE valid_from IS NOT NULL;
CREATE INDEX solutions_ends ON solutions (valid_to, id) WHERE valid_to IS NOT NULL;
