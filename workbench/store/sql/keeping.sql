-- name: audited_investigations
-- Investigations with calls, the end of each chain (hex) and how many calls it has, by id. Those
-- of which only rows or only kept roots are left too.
-- $1 uuid: only this one, or null
-- $2 timestamptz: only those with calls since, or null
with known as (
    select investigation_id from audit_heads
    union
    select investigation_id from audit_logs
    union
    select investigation_id from audit_roots
)
select k.investigation_id as id, coalesce(h.calls, 0) as calls, coalesce(h.events, 0) as events,
    coalesce(encode(h.hash, 'hex'), '') as hash, label(i) as label
from known k
left join audit_heads h using (investigation_id)
left join investigations i on i.id = k.investigation_id
where ($1::uuid is null or k.investigation_id = $1)
    and ($2::timestamptz is null or exists (
        select from audit_logs a
        where a.investigation_id = k.investigation_id and a.created_at >= $2))
order by k.investigation_id;

-- name: verify_audits
-- The first bad event of each of some investigations; no row for those that hold.
-- $1 uuid[]: investigations
select investigation, event, audit_id, seq, problem from audit_verify($1);

-- name: contradicted_roots
-- Of roots kept elsewhere, those that the chains here contradict.
-- $1 uuid[]: investigations
-- $2 integer[]: events
-- $3 bytea[]: hashes
select r.id as investigation_id, r.events
from unnest($1::uuid[], $2::integer[], $3::bytea[]) r (id, events, hash)
where audit_contradicts(r.id, r.events, r.hash)
order by r.id, r.events;

-- name: keep_roots
-- Writes the end of each chain to audit_roots, where it is not there yet.
-- $1 uuid[]: investigations
-- $2 integer[]: events
-- $3 bytea[]: hashes
insert into audit_roots (investigation_id, events, hash)
select r.id, r.events, r.hash
from unnest($1::uuid[], $2::integer[], $3::bytea[]) r (id, events, hash)
on conflict do nothing;

-- name: audited_calls
-- Recorded calls, newest first, without their results.
-- $1 uuid: only of this investigation, or null
-- $2 timestamptz: only since, or null
-- $3 bigint: at most
select a.id, a.seq, a.investigation_id, label(i) as label, a.created_at, a.user_name, a.surface, a.server,
    a.tool_name, a.parameters, a.cluster, a.outcome, a.error, a.duration_ms
from audit_logs a left join investigations i on i.id = a.investigation_id
where ($1::uuid is null or a.investigation_id = $1)
    and ($2::timestamptz is null or a.created_at >= $2)
order by a.id desc limit $3;

-- name: count_audited_calls
-- How many calls export_audit gives.
-- $1 uuid: only of this investigation, or null
-- $2 timestamptz: only since, or null
select count(*) from audit_logs a
where ($1::uuid is null or a.investigation_id = $1)
    and ($2::timestamptz is null or a.created_at >= $2);

-- name: export_audit
-- Recorded calls, one JSON object each, oldest first, and the wholes that are kept beside them.
-- $1 uuid: only of this investigation, or null
-- $2 timestamptz: only since, or null
select row_to_json(r)::text as line,
    (select array_agg((u.kind, u.sha256)) from payload_uses u where u.audit_id = r.id) as wholes
from (
    select a.id, label(i) as investigation, a.investigation_id, 'E' || a.seq as evidence,
        a.created_at, a.finished_at, a.user_name, a.user_id, a.conversation_id, a.action_type,
        a.surface, a.server, a.tool_name, a.parameters, a.cluster, a.outcome, a.success, a.error,
        a.duration_ms, a.result, a.result_data, a.result_sha256, a.intent_event,
        encode(a.intent_hash, 'hex') as intent_hash, a.outcome_event,
        encode(a.outcome_hash, 'hex') as outcome_hash
    from audit_logs a left join investigations i on i.id = a.investigation_id
    where ($1::uuid is null or a.investigation_id = $1)
        and ($2::timestamptz is null or a.created_at >= $2)
    order by a.id  -- made by time (UUIDv7), and each partition has them sorted
) r;

-- name: audit_months
-- The monthly partitions there are, oldest first.
select partition, ends_at, rows, bytes from audit_months;

-- name: retain_audit
-- Drops the months that ended before, and says what they held.
-- $1 timestamptz: before
select partition, rows, investigations, first_at, last_at from audit_retain($1);

-- name: dropped_months
-- The months that were dropped, in order.
select partition, rows, investigations, first_at, last_at from audit_dropped order by partition;
