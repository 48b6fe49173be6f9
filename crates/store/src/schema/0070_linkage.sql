-- Which records may be of one person. A token is the first eight bytes of a keyed digest, so that
-- an index over all records stays small; two values that share one by chance only make a candidate
-- more. Without a reference: an intake writes some thirty of them, and they go with the record.
CREATE TABLE link_token (
    token BIGINT NOT NULL,
    record_id {id} NOT NULL,
    PRIMARY KEY (token, record_id)
) {compact};
CREATE INDEX link_token_record ON link_token (record_id);

-- How far the job has come that gives older records their tokens, newest first, by version.
CREATE TABLE link_fill (
    version BIGINT PRIMARY KEY NOT NULL,
    before_id {id} NOT NULL
) {strict};

-- Models learnt here, each under the id of the job that made it. Sealed under the master key: it
-- holds digests of values that many records share.
CREATE TABLE link_model (
    id {id} PRIMARY KEY NOT NULL,
    seed BIGINT NOT NULL,
    records BIGINT NOT NULL,
    model_sealed {bytes} NOT NULL,
    made_by TEXT NOT NULL,
    made_at BIGINT NOT NULL,
    released_by {id},
    released_at BIGINT
) {strict};

-- Why two records were linked or queued: model (none: the shipped one), thousandths of a bit, and
-- for each field the step and its bits. No value.
CREATE TABLE link_score (
    a {id} NOT NULL,
    b {id} NOT NULL,
    model_id {id},
    weight BIGINT NOT NULL,
    reasons TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (a, b)
) {strict};
CREATE INDEX link_score_newer ON link_score (b);

-- The queue for the doubtful, the likeliest first.
ALTER TABLE pair ADD COLUMN weight BIGINT NOT NULL DEFAULT 0;
DROP INDEX pair_open;
CREATE INDEX pair_open ON pair (state, weight DESC, id);

-- Who a record is of is asked for every candidate: by record and kind, never all of a kind.
DROP INDEX fact_record;
CREATE INDEX fact_record ON fact (record_id, kind);
