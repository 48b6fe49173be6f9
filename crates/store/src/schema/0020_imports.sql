-- Why an import stopped, as words in both languages, so that somebody can go on with it.
ALTER TABLE import ADD COLUMN failure TEXT;

-- What became of a rejected row on the work list: nothing yet, 'corrected' or 'dismissed', by whom
-- and when. The reason is sealed under the key of the import's response.
ALTER TABLE import_row ADD COLUMN work TEXT;
ALTER TABLE import_row ADD COLUMN work_by {id};
ALTER TABLE import_row ADD COLUMN work_at BIGINT;
ALTER TABLE import_row ADD COLUMN work_reason {bytes};
CREATE INDEX import_row_work ON import_row (state, work);

-- Pairs are asked for by either record.
CREATE INDEX pair_newer ON pair (b);
