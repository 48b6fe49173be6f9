-- Lists that are read page by page, and a count, without reading whole tables.

-- The queue for the doubtful, oldest first.
DROP INDEX pair_state;
CREATE INDEX pair_open ON pair (state, id);

-- What was dealt with in the inbox, newest first.
CREATE INDEX record_state ON record (state, id);

-- People by class and kind of contact: only whoever has one, and nothing of the sealed reasons.
CREATE INDEX assessment_classed ON assessment (scheme, response_id, class, category, person_id)
    WHERE class IS NOT NULL OR category IS NOT NULL;
