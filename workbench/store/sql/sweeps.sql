-- name: create_sweep
-- Keeps a sweep, unless it is there or its schedule has begun one after that run; its number if not.
-- $1 uuid: id, made by the caller
-- $2 jsonb: plan
-- $3 bytea: SHA-256 of the runbook
-- $4 text: schedule that begins it, or null
-- $5 timestamptz: the schedule's run before, or null
insert into sweeps (id, plan, source, schedule, due_after) values ($1, $2, $3, $4, $5)
on conflict do nothing returning number;

-- name: add_items
-- Adds the items of a sweep, numbered from 1 in this order.
-- $1 uuid: sweep
-- $2 text[]: contexts
-- $3 text[]: parameters, as JSON
-- $4 bigint[]: jobs
insert into sweep_items (sweep_id, number, context, parameters, job_id)
select $1, r.number, r.context, r.parameters::json, r.job_id
from unnest($2::text[], $3::text[], $4::bigint[]) with ordinality
    r (context, parameters, job_id, number);

-- name: sweeps
-- The newest sweeps and how many of their items are in which state.
-- $1 bigint: at most
-- $2 text: only this person's, or null
-- $3 uuid: only this one, or null
-- $4 bigint: only that number, or null
select s.id, s.number, s.plan, s.created_at, s.cancelled_at, coalesce(s.schedule, '') as schedule,
    (select coalesce(jsonb_object_agg(c.status, c.items), '{}') from (
        select i.status, count(*) as items from sweep_items i
        where i.sweep_id = s.id group by i.status) c) as counts
from sweeps s
where ($2::text is null or s.plan ->> 'person' = $2)
    and ($3::uuid is null or s.id = $3) and ($4::bigint is null or s.number = $4)
order by s.number desc limit $1;

-- name: sweep_items
-- Items of a sweep in order.
-- $1 uuid: sweep
-- $2 integer: after this number
-- $3 bigint: at most
select number, context, parameters, status, tries, worker, started_at, ended_at, result, error,
    coalesce(encode(notebook, 'hex'), '') as notebook
from sweep_items where sweep_id = $1 and number > $2 order by number limit $3;

-- name: ended_items
-- Items of a sweep that ended since, in that order.
-- $1 uuid: sweep
-- $2 timestamptz: since
select number, context, parameters, status, tries, worker, started_at, ended_at, result, error,
    coalesce(encode(notebook, 'hex'), '') as notebook
from sweep_items where sweep_id = $1 and ended_at >= $2 order by ended_at, number;

-- name: sweep_tries
-- Every try of a sweep's items, in order.
-- $1 uuid: sweep
select number, worker, started_at, ended_at, coalesce(ended_as, '') as ended_as, error
from sweep_tries where sweep_id = $1 order by number, started_at;

-- name: item_to_run
-- An item and its sweep, locked for the worker that takes it.
-- $1 uuid: sweep
-- $2 integer: item
select i.status, i.claim, i.tries, i.context, i.parameters, s.number as sweep, s.plan,
    s.cancelled_at
from sweep_items i join sweeps s on s.id = i.sweep_id
where i.sweep_id = $1 and i.number = $2
for update of i;

-- name: begin_item
-- Begins a try.
-- $1 uuid: sweep
-- $2 integer: item
-- $3 uuid: claim
-- $4 text: worker
-- $5 bigint: job
with begun as (
    update sweep_items
    set status = 'running', claim = $3, tries = tries + 1, worker = $4, started_at = now(),
        job_id = $5
    where sweep_id = $1 and number = $2
    returning sweep_id, number
)
insert into sweep_tries (claim, sweep_id, number, worker) select $3, sweep_id, number, $4 from begun;

-- name: settle_item
-- Ends an item for good, for whoever holds its claim; its number, or nothing for anybody else.
-- $1 uuid: claim
-- $2 text: status
-- $3 jsonb: findings, gates and gaps, or null
-- $4 text: error
-- $5 bytea: SHA-256 of the executed notebook, or null
with settled as (
    update sweep_items
    set status = $2, claim = null, ended_at = now(), result = $3, error = $4, notebook = $5
    where claim = $1
    returning number
), ended as (
    update sweep_tries set ended_at = now(), ended_as = $2, error = $4
    where claim = $1 and exists (select from settled)
)
select number from settled;

-- name: release_item
-- Ends a try and leaves the item for another, for whoever holds its claim; its number, or nothing.
-- $1 uuid: claim
-- $2 text: how the try ended
-- $3 text: error
-- $4 boolean: whether it counts as a try
with released as (
    update sweep_items
    set status = 'queued', claim = null, tries = tries - case when $4 then 0 else 1 end, error = $3
    where claim = $1
    returning number
), ended as (
    update sweep_tries set ended_at = now(), ended_as = $2, error = $3
    where claim = $1 and exists (select from released)
)
select number from released;

-- name: held_claims
-- Of these claims, those that still hold.
-- $1 uuid[]: claims
select i.claim from sweep_items i join sweeps s on s.id = i.sweep_id
where i.claim = any($1) and s.cancelled_at is null;

-- name: cancel_sweep
-- Says that a sweep is cancelled: no item of it begins any more.
-- $1 uuid: sweep
update sweeps set cancelled_at = now() where id = $1 and cancelled_at is null;

-- name: cancel_waiting_items
-- Ends the items of a sweep that wait.
-- $1 uuid: sweep
update sweep_items set status = 'cancelled', ended_at = now()
where sweep_id = $1 and status = 'queued';

-- name: open_jobs
-- The jobs of a sweep's items that are in the queue.
-- $1 uuid: sweep
select q.id from sweep_items i join pgqueuer q on q.id = i.job_id where i.sweep_id = $1
order by q.id;

-- name: orphaned_items
-- Items that have not ended and have no job: the queue was told that they had, by somebody who was
-- believed lost.
select i.sweep_id, i.number, i.context, i.claim, s.cancelled_at is not null as cancelled
from sweep_items i join sweeps s on s.id = i.sweep_id
where i.status in ('queued', 'running')
    and (i.status = 'queued' or i.started_at < now() - interval '1 minute')
    and not exists (
        select from pgqueuer q
        where q.dedupe_key = i.sweep_id || '/' || i.number and q.status in ('queued', 'picked'))
for update of i skip locked;

-- name: set_job
-- Says which job an item has now.
-- $1 uuid: sweep
-- $2 integer: item
-- $3 bigint: job
update sweep_items set job_id = $3 where sweep_id = $1 and number = $2;

-- name: held_jobs
-- Of these jobs, those that a queue manager still holds.
-- $1 bigint[]: jobs
-- $2 uuid: queue manager
select id from pgqueuer where id = any($1) and queue_manager_id = $2 and status = 'picked';

-- name: queued_clusters
-- The entrypoints that jobs wait at.
select distinct entrypoint from pgqueuer where status in ('queued', 'picked');

-- name: queue_depth
-- Items that wait and that run, and how long the oldest job has waited.
select count(*) filter (where status = 'queued') as queued,
    count(*) filter (where status = 'running') as running,
    coalesce((select extract(epoch from now() - min(created))::float8 from pgqueuer
        where status = 'queued' and execute_after <= now()), 0) as waited
from sweep_items where status in ('queued', 'running');

-- name: drop_queue_log
-- Forgets what the queue logged more than a week ago; items and tries are kept apart.
delete from pgqueuer_log where created < now() - interval '7 days' and aggregated;

-- name: add_schedule
-- Keeps a schedule unless the name is taken; the name if not.
-- $1 text: name
-- $2 text: cron
-- $3 jsonb: plan
-- $4 bytea: SHA-256 of the runbook
-- $5 jsonb: rows, or null where they are looked up each time
-- $6 jsonb: parameters that all of those get
insert into sweep_schedules (name, cron, plan, source, rows, common)
values ($1, $2, $3, $4, $5, $6)
on conflict do nothing returning name;

-- name: schedules
-- Every schedule by name, and when it began a sweep and will again.
-- $1 text: only this one, or null
select s.name, s.cron, s.plan, s.rows, s.common, s.created_at, q.last_run, q.next_run
from sweep_schedules s left join pgqueuer_schedules q on q.entrypoint = 'schedule:' || s.name
where $1::text is null or s.name = $1
order by s.name;

-- name: remove_schedule
-- Forgets a schedule; its name if there was one.
-- $1 text: name
delete from sweep_schedules where name = $1 returning name;
