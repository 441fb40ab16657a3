DROP TABLE library_check_changes;
DROP TABLE library_checks;
DROP TABLE gap_sessions;
DROP TABLE questions;
ALTER TABLE asks DROP COLUMN gap_id, DROP COLUMN vague;
DROP TABLE gaps;
DELETE FROM model_calls WHERE purpose = 'draft';
ALTER TABLE model_calls
    DROP CONSTRAINT model_calls_purpose_check,
    ADD CONSTRAINT model_calls_purpose_check CHECK (purpose IN ('judge', 'repair', 'vote', 'check', 'embed', 'batch', 'probe'));
