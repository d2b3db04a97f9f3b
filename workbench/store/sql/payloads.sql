-- name: has_payload
-- Whether a whole with that content is stored.
-- $1 bytea: SHA-256
select payload_is_kept($1);

-- name: keep_payload_part
-- Stores one part of a whole; the same twice is one.
-- $1 bytea: SHA-256 of the whole
-- $2 integer: number of the part, from 0
-- $3 bytea: its bytes, a part of one zlib stream
insert into payload_parts (sha256, number, body) values ($1, $2, $3) on conflict do nothing;

-- name: use_payload
-- Says that a result of a call is that whole, all parts of which are stored.
-- $1 uuid: the call
-- $2 timestamptz: when it was intended
-- $3 text: ``text`` or ``data``
-- $4 bytea: SHA-256
-- $5 bigint: bytes, before compression
-- $6 integer: parts
insert into payload_uses (audit_id, created_at, kind, sha256, bytes, parts)
values ($1, $2, $3, $4, $5, $6) on conflict do nothing;

-- name: payloads_of
-- The wholes of a call.
-- $1 uuid: the call
select kind, sha256 from payload_uses where audit_id = $1 order by kind;

-- name: payload_parts
-- A whole, in order.
-- $1 bytea: SHA-256
select body from payload_parts where sha256 = $1 order by number;

-- name: used_payloads
-- The wholes of some investigations' calls, and whether their rows name them; rows that name one
-- and have none, too.
-- $1 uuid[]: investigations
select a.investigation_id, a.outcome_event, a.seq, a.id, u.sha256,
    strpos(a.result, 'SHA-256 ' || encode(u.sha256, 'hex') || ']') > 0 as named
from payload_uses u join audit_logs a on a.id = u.audit_id and a.created_at = u.created_at
where a.investigation_id = any($1) and a.outcome_event is not null
union all
select a.investigation_id, a.outcome_event, a.seq, a.id, null, false
from audit_logs a
where a.investigation_id = any($1) and octet_length(a.result) > 1048576
    and strpos(right(a.result, 500), 'the whole has the SHA-256 ') > 0
    and not exists (select from payload_uses u where u.audit_id = a.id)
order by 1, 2;

-- name: drop_payloads
-- Deletes the wholes of calls that retention has dropped.
with gone as (
    delete from payload_uses u
    where not exists (
        select from audit_logs a where a.id = u.audit_id and a.created_at = u.created_at)
    returning audit_id, sha256
)
delete from payload_parts p using gone g
where p.sha256 = g.sha256 and not exists (select from notebooks n where n.sha256 = p.sha256)
    and not exists (
    select from payload_uses u
    where u.sha256 = p.sha256 and u.audit_id not in (select audit_id from gone));
