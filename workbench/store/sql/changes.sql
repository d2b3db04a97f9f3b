-- name: propose_change
-- Keeps a proposed change unless the id exists; its number.
-- $1 uuid: id, made by the caller
-- $2 uuid: investigation
-- $3 jsonb: the change
-- $4 text: digest of the call
-- $5 timestamptz: when
-- $6 timestamptz: until when it waits
insert into proposed_changes (id, investigation_id, body, digest, created_at, expires_at)
values ($1, $2, $3, $4, $5, $6)
on conflict (id) do nothing
returning number;

-- name: known_changes
-- The newest first, each with the decision about it, how making it ended, and for what was signed
-- ahead the change that used it up.
-- $1 bigint: at most
-- $2 uuid: only those of investigations of this user, or null
-- $3 bigint: only those with a lower number, or null
-- $4 uuid: only this one, or null
-- $5 bigint: only the one with this number, or null
select c.number, c.body, a.change_id, a.approved, a.approver, a.surface, a.digest, a.decided_at,
    a.expires_at, a.used_at, a.reason, a.ahead, a.holder, a.withdrawn_at,
    e.created_at as ended_at, e.failed, e.doubtful,
    (
        select 'C-' || own.number from approvals later join proposed_changes own
            on own.id = later.change_id
        where later.origin = a.change_id) as spent_on
from proposed_changes c left join approvals a on a.change_id = c.id
left join lateral (
    select s.created_at, (s.body->>'doubtful')::boolean as doubtful,
        case when (s.body->>'failed')::boolean then s.body->>'summary' end as failed
    from steps s
    where s.investigation_id = c.investigation_id and s.kind = 'change_applied'
        and s.body->>'change' = 'C-' || c.number
    order by s.seq desc limit 1) e on true
where ($2::uuid is null or exists (
        select from investigations i where i.id = c.investigation_id and i.user_id = $2))
    and ($3::bigint is null or c.number < $3)
    and ($4::uuid is null or c.id = $4) and ($5::bigint is null or c.number = $5)
order by c.number desc limit $1;

-- name: decide_change
-- Keeps a decision unless there is one, about the call that was proposed and while it waits.
-- $1 uuid: change
-- $2 boolean: approved
-- $3 text: who decided
-- $4 text: where they did
-- $5 text: digest of the call they were shown
-- $6 timestamptz: when
-- $7 timestamptz: until when an approval is good
-- $8 text: why, as they said
-- $9 text: the runbook it is signed for, or ''
-- $10 text: what was signed, or null
insert into approvals
    (change_id, approved, approver, surface, digest, decided_at, expires_at, reason, ahead, document)
select id, $2, $3, $4, digest, $6, $7, $8, $9, $10 from proposed_changes
where id = $1 and digest = $5 and expires_at > $6
on conflict (change_id) do nothing
returning change_id;

-- name: redeem_approval
-- Uses an approval up when it is good for the call; of any number of callers one at most gets a row.
-- $1 uuid: change
-- $2 text: digest of the call
-- $3 text: on whose behalf it is made
-- $4 timestamptz: when
update approvals set used_at = $4
where change_id = $1 and approved and used_at is null and document is null and digest = $2
    and coalesce(holder, approver) = $3 and decided_at <= $4 and expires_at > $4
returning change_id;

-- name: use_signed_approval
-- Uses up what was signed for the same change as a run tried it; why not, or null when it was.
-- $1 uuid: the change that was shown when it was signed
-- $2 text: what was signed
-- $3 uuid: the change as it was tried
-- $4 text: digest of its call
-- $5 text: on whose behalf it is made
-- $6 text: where
-- $7 timestamptz: when
-- $8 timestamptz: until when the change may be made
-- $9 text: why, for the record
select use_signed_approval($1, $2, $3, $4, $5, $6, $7, $8, $9);

-- name: withdraw_approval
-- Takes back what was signed and not used; its change, or no row.
-- $1 uuid: change
-- $2 timestamptz: when
update approvals set withdrawn_at = $2
where change_id = $1 and document is not null and used_at is null and withdrawn_at is null
returning change_id;
