-- What is not published is lost: before, every solution was suggested.
ALTER TABLE solutions DROP CONSTRAINT solutions_revised;
DROP TABLE solution_revisions;
DELETE FROM solutions WHERE status <> 'published' OR stage <> '';
ALTER TABLE solutions
    DROP COLUMN searched,
    DROP COLUMN vouched_at,
    DROP COLUMN short_reply,
    DROP COLUMN note,
    DROP COLUMN region,
    DROP COLUMN customer_type,
    DROP COLUMN stage,
    DROP COLUMN reviewed_at,
    DROP COLUMN status,
    DROP COLUMN revision,
    DROP COLUMN helpful,
    DROP COLUMN partly,
    DROP COLUMN wrong,
    DROP COLUMN outdated,
    DROP COLUMN imported,
    DROP COLUMN edited;
DROP FUNCTION solution_words(text);
DROP FUNCTION solution_text(text[]);
DROP INDEX solutions_changed, solutions_owner, solutions_product, solutions_tags, solutions_limited;
