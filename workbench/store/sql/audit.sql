-- name: ensure_audit_partition
-- Creates the partition of a month unless it exists.
-- $1 timestamptz: any time in that month
select audit_ensure_partition($1);

-- name: advance
-- Records how an earlier call of an investigation ended, if there is one, and that another is about
-- to be made, in one commit; the other's number. For what is not recorded yet (see proceed).
-- $1 uuid: id of the earlier one, or null
-- $2 timestamptz: when it was intended
-- $3 text: outcome
-- $4 double precision: milliseconds
-- $5 text: result text
-- $6 jsonb: structured result
-- $7 text: SHA-256 of the result text, hex
-- $8 text: error
-- $9 uuid: id of the other, made by the caller
-- $10 timestamptz: when
-- $11 uuid: investigation
-- $12 text: user
-- $13 text: surface
-- $14 text: server
-- $15 text: tool
-- $16 jsonb: arguments
-- $17 text: cluster
-- $18 integer: the process that makes it (see own_calls), or 0
select audit_advance(
    $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18);

-- name: finish
-- Records how a call ended, once; false when it was never intended.
-- $1 uuid: id
-- $2 timestamptz: when it was intended
-- $3 text: outcome
-- $4 double precision: milliseconds
-- $5 text: result text
-- $6 jsonb: structured result
-- $7 text: SHA-256 of the result text, hex
-- $8 text: error
select audit_finish($1, $2, $3, $4, $5, $6, $7, $8);

-- name: proceed
-- Records how earlier calls of an investigation ended and that another is about to be made, in one
-- commit; the number of the other. What of it is recorded already stays as it is.
-- $1 uuid[]: ids of the earlier ones
-- $2 timestamptz[]: when each was intended
-- $3 text[]: outcomes
-- $4 double precision[]: milliseconds
-- $5 text[]: result texts
-- $6 jsonb[]: structured results
-- $7 text[]: SHA-256 of the result texts, hex
-- $8 text[]: errors
-- $9 uuid: id of the other, made by the caller
-- $10 timestamptz: when
-- $11 uuid: investigation
-- $12 text: user
-- $13 text: surface
-- $14 text: server
-- $15 text: tool
-- $16 jsonb: arguments
-- $17 text: cluster
-- $18 integer: the process that makes it (see own_calls), or 0
select audit_proceed(
    $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18);

-- name: own_calls
-- Marks this connection as one of a living process.
-- $1 integer: number of the process
select pg_advisory_lock_shared(7274, $1);

-- name: sweep_intents
-- Marks calls whose outcome never came as unknown; the ids.
-- $1 timestamptz: those intended before
-- $2 timestamptz: now
-- $3 boolean: only those of processes that are gone
select id from audit_sweep($1, $2, $3) id;

-- name: evidence
-- One recorded call.
-- $1 uuid: investigation
-- $2 integer: number
select id, seq, investigation_id, tool_name, parameters, outcome, cluster, created_at, duration_ms,
    result, result_data, error, result_sha256
from audit_logs where investigation_id = $1 and seq = $2;

-- name: evidences
-- Every recorded call of an investigation, in order.
-- $1 uuid: investigation
select id, seq, investigation_id, tool_name, parameters, outcome, cluster, created_at, duration_ms,
    result, result_data, error, result_sha256
from audit_logs where investigation_id = $1 order by seq;

-- name: count_evidences
-- How many calls an investigation has recorded.
-- $1 uuid: investigation
select count(*) from audit_logs where investigation_id = $1;

-- name: verify_audit
-- The first event of an investigation that is not as it was written.
-- $1 uuid: investigation
select event, audit_id, problem from audit_verify(array[$1::uuid]);

-- name: audit_root
-- The end of an investigation's hash chain, to be kept elsewhere.
-- $1 uuid: investigation
select events, encode(hash, 'hex') as hash from audit_heads where investigation_id = $1;

-- name: count_all_evidences
-- How many calls are recorded in all.
select count(*) from audit_logs;
