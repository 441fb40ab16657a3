DROP INDEX verdicts_session;
DROP INDEX verdicts_scorecard;
-- Of several verdicts by one scorecard on one transcript, the newest is the one that stands.
DELETE FROM verdicts v
USING verdicts n
WHERE n.transcript_id = v.transcript_id AND n.scorecard_id = v.scorecard_id AND n.id > v.id;
ALTER TABLE verdicts DROP CONSTRAINT verdicts_once;
ALTER TABLE verdicts ADD CONSTRAINT verdicts_transcript_id_scorecard_id_key UNIQUE (transcript_id, scorecard_id);
ALTER TABLE verdicts DROP COLUMN reinspection_id;
DROP TABLE reinspections;
DROP TABLE backtest_samples;
DROP TABLE backtests;
DROP TABLE scorecard_log;
DROP FUNCTION scorecard_log_never_changes;
