-- Processes that judge tell the others, and what is kept of models may be forgotten.

-- How a process judges: its model, whom it judges and what that may cost; null: it has no model.
ALTER TABLE workers ADD COLUMN judging jsonb;

-- A batch's requests go with their places in the ledger.
ALTER TABLE model_batch_requests
    DROP CONSTRAINT model_batch_requests_call_id_fkey,
    ADD CONSTRAINT model_batch_requests_call_id_fkey FOREIGN KEY (call_id) REFERENCES model_calls ON DELETE CASCADE;
CREATE INDEX model_batch_requests_call ON model_batch_requests (call_id);
