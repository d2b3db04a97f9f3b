-- name: due_alerts
-- How many alerts were last told before, and have no look that goes on.
-- $1 timestamptz: before
-- $2 text: only those told by this person, or null
select count(*) from alerts a
where a.last_told < $1 and ($2::text is null or a.told_by = $2)
    and not exists (select from sweep_items i
        where i.sweep_id = a.sweep_id and i.number = a.item and i.ended_at is null);

-- name: drop_alerts
-- Drops some alerts that due_alerts counts, the longest untold first; how many.
-- $1 timestamptz: before
-- $2 text: only those told by this person, or null
-- $3 bigint: at most
with due as (
    select a.id from alerts a
    where a.last_told < $1 and ($2::text is null or a.told_by = $2)
        and not exists (select from sweep_items i
            where i.sweep_id = a.sweep_id and i.number = a.item and i.ended_at is null)
    order by a.last_told limit $3 for update skip locked
), gone as (delete from alerts a using due where a.id = due.id returning 1)
select count(*) from gone;

-- name: due_sweeps
-- Sweeps that had ended before, with how many items, oldest first. One that an alert names goes
-- after the alert.
-- $1 timestamptz: before
-- $2 text: only those of this person, or null
select s.id, (select count(*) from sweep_items i where i.sweep_id = s.id) as items
from sweeps s
where s.created_at < $1 and ($2::text is null or s.plan ->> 'person' = $2)
    and not exists (select from sweep_items i
        where i.sweep_id = s.id and (i.ended_at is null or i.ended_at >= $1))
    and not exists (select from alerts a
        where a.sweep_id = s.id
            and not (a.last_told < $1 and ($2::text is null or a.told_by = $2)))
order by s.number;

-- name: drop_items
-- Drops some items of a sweep with their tries and messages; how many.
-- $1 uuid: sweep
-- $2 bigint: at most
with gone as (
    delete from sweep_items where sweep_id = $1 and number in (
        select number from sweep_items where sweep_id = $1 order by number limit $2)
    returning 1
)
select count(*) from gone;

-- name: drop_sweep
-- Drops a sweep that has no items any more.
-- $1 uuid: sweep
delete from sweeps s
where s.id = $1 and not exists (select from sweep_items i where i.sweep_id = s.id);

-- name: due_runs
-- How many runs of servers have ended and began before.
-- $1 uuid: the first id of that time (UUIDv7)
-- $2 text: only those of this person, or null
select count(*) from runbook_runs
where id < $1 and status <> 'running' and ($2::text is null or user_name = $2);

-- name: drop_runs
-- Drops some runs that due_runs counts, the oldest first; how many.
-- $1 uuid: the first id of that time (UUIDv7)
-- $2 text: only those of this person, or null
-- $3 bigint: at most
with due as (
    select id from runbook_runs
    where id < $1 and status <> 'running' and ($2::text is null or user_name = $2)
    order by id limit $3 for update skip locked
), gone as (delete from runbook_runs r using due where r.id = due.id returning 1)
select count(*) from gone;

-- name: drop_notebooks
-- Drops some notebooks that nothing refers to and nobody has kept since, with their parts unless a
-- recorded call has the same; how many, and their bytes before compression.
-- $1 timestamptz: kept before
-- $2 bigint: at most
with due as (
    select n.sha256 from notebooks n
    where n.kept_at < $1
        and not exists (select from sweeps s where s.source = n.sha256)
        and not exists (select from sweep_items i where i.notebook = n.sha256)
        and not exists (select from sweep_schedules d where d.source = n.sha256)
        and not exists (select from runbook_runs r where r.notebook = n.sha256)
    limit $2 for update skip locked
), gone as (
    delete from notebooks n using due where n.sha256 = due.sha256 returning n.sha256, n.bytes
), parts as (
    delete from payload_parts p using gone g
    where p.sha256 = g.sha256
        and not exists (select from payload_uses u where u.sha256 = p.sha256)
)
select count(*) as notebooks, coalesce(sum(bytes), 0)::bigint as bytes from gone;
