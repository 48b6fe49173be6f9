-- Approvals: proposed by one person, confirmed by another, ended early with a reason.

CREATE TABLE approval_proposal (
    id {id} PRIMARY KEY NOT NULL,
    response_id {id} NOT NULL REFERENCES response (id),
    kind TEXT NOT NULL,
    organ TEXT NOT NULL,
    document_no TEXT NOT NULL,
    from_on TEXT NOT NULL,
    until_on TEXT,
    proposed_by {id} NOT NULL,
    proposed_at BIGINT NOT NULL,
    state TEXT NOT NULL,
    decided_by {id},
    decided_at BIGINT
) {strict};
CREATE INDEX approval_proposal_response ON approval_proposal (response_id);

CREATE TABLE approval_end (
    id {id} PRIMARY KEY NOT NULL,
    approval_id {id} NOT NULL REFERENCES approval (id),
    last_on TEXT NOT NULL,
    reason TEXT NOT NULL,
    recorded_at BIGINT NOT NULL,
    entry_id {id} NOT NULL
) {strict};
CREATE INDEX approval_end_approval ON approval_end (approval_id);

-- Responses whose approvals changed, and the last person about whom the rules were asked again.
CREATE TABLE response_round (
    response_id {id} PRIMARY KEY NOT NULL REFERENCES response (id),
    after_id {id} NOT NULL
) {strict};
