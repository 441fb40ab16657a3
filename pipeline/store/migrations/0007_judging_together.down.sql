DROP INDEX model_batch_requests_call;
ALTER TABLE model_batch_requests
    DROP CONSTRAINT model_batch_requests_call_id_fkey,
    ADD CONSTRAINT model_batch_requests_call_id_fkey FOREIGN KEY (call_id) REFERENCES model_calls;
ALTER TABLE workers DROP COLUMN judging;
