-- What was written for one person in one response is found by the person's records: with the
-- response alone, everything in it was read for every row of a list.
DROP INDEX report_clock_record;
CREATE INDEX report_clock_record ON report_clock (record_id, response_id);
DROP INDEX review_record;
CREATE INDEX review_record ON review (record_id, response_id);
DROP INDEX task_record;
CREATE INDEX task_record ON task (record_id, response_id);
