-- Decisions on persons are counted against the limits of the city; what goes beyond is held until
-- another organ confirms or refuses it. Of a decision is kept what is counted: whether it has an
-- epidemiological link, the list its record came with, and a keyed code of the facts it rests on.
ALTER TABLE measure ADD COLUMN linked BIGINT;
ALTER TABLE measure ADD COLUMN list_id {id};
ALTER TABLE measure ADD COLUMN evidence TEXT;

-- Since when it was held, and by which limits, as rules of the city pack separated by blanks.
ALTER TABLE measure ADD COLUMN held_at BIGINT;
ALTER TABLE measure ADD COLUMN held_by_limits TEXT;

-- Who confirmed or refused it for another organ, and why, sealed under the record.
ALTER TABLE measure ADD COLUMN ruled_at BIGINT;
ALTER TABLE measure ADD COLUMN ruled_by {id};
ALTER TABLE measure ADD COLUMN ruled_unit_id {id};
ALTER TABLE measure ADD COLUMN ruling_sealed {bytes};

CREATE INDEX measure_counted
    ON measure (decided_at, linked, decided_by, organ_unit_id, response_id, list_id, evidence)
    WHERE linked IS NOT NULL;
CREATE INDEX measure_held ON measure (area_id, held_at) WHERE state = 'held';
DROP INDEX measure_running;
CREATE INDEX measure_running ON measure (area_id, ends_on)
    WHERE state IN ('proposed', 'held', 'decided', 'served');
