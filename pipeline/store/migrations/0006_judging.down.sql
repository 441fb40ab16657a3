DROP TABLE reveals;
DROP FUNCTION reveals_never_change;
DROP TABLE model_batch_requests;
DROP TABLE model_batches;
DROP TABLE model_kept;
DROP TABLE model_endpoints;
DROP TABLE model_spending;
DROP TABLE model_call_criteria;
DROP TABLE model_calls;
-- Of several rounds of a verdict, the newest is the one that stands.
DELETE FROM verdicts v
USING verdicts n
WHERE n.transcript_id = v.transcript_id AND n.scorecard_id = v.scorecard_id AND n.reinspection_id = v.reinspection_id AND n.id > v.id;
ALTER TABLE verdicts DROP CONSTRAINT verdicts_once;
ALTER TABLE verdicts DROP COLUMN judged;
ALTER TABLE verdicts DROP COLUMN round;
ALTER TABLE verdicts ADD CONSTRAINT verdicts_once UNIQUE (transcript_id, scorecard_id, reinspection_id);
