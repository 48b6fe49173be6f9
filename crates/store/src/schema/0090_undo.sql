-- An import can be undone: what came with it is withdrawn slice by slice. Who, when, why (sealed
-- under the key of the import's response), the last row dealt with, rows dealt with, and how many
-- records that withdrew.
ALTER TABLE import ADD COLUMN undo_by TEXT;
ALTER TABLE import ADD COLUMN undo_at BIGINT;
ALTER TABLE import ADD COLUMN undo_reason {bytes};
ALTER TABLE import ADD COLUMN undo_row BIGINT;
ALTER TABLE import ADD COLUMN undo_rows BIGINT NOT NULL DEFAULT 0;
ALTER TABLE import ADD COLUMN undo_records BIGINT NOT NULL DEFAULT 0;

-- Which lists say something of a record.
CREATE INDEX import_row_record ON import_row (record_id) WHERE record_id IS NOT NULL;

-- A report that nothing asks for any more, since the list that began it was undone.
ALTER TABLE report_clock ADD COLUMN ended_at BIGINT;
ALTER TABLE report_clock ADD COLUMN ended_import_id {id};
