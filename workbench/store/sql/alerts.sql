-- name: lock_alerts
-- One at a time takes alerts, so that none gets two runs; held until the transaction ends.
select pg_advisory_xact_lock(hashtext('k8s-workbench alerts'));

-- name: tell_alerts
-- Keeps alerts, or counts those that are there; each with when it was looked into last.
-- $1 uuid[]: ids for new ones
-- $2 text[]: keys
-- $3 timestamptz[]: when each began, or null
-- $4 text[]: names
-- $5 text[]: labels, as JSON
-- $6 text[]: annotations, as JSON
-- $7 text[]: statuses
-- $8 timestamptz: now
-- $9 text: who tells
insert into alerts (id, key, starts_at, name, labels, annotations, status, first_told, last_told,
    told_by)
select t.id, t.key, t.starts_at, t.name, t.labels::jsonb, t.annotations::jsonb, t.status, $8, $8, $9
from unnest($1::uuid[], $2::text[], $3::timestamptz[], $4::text[], $5::text[], $6::text[], $7::text[])
    t (id, key, starts_at, name, labels, annotations, status)
on conflict (key, starts_at) do update
set told = alerts.told + 1, last_told = excluded.last_told, status = excluded.status,
    labels = excluded.labels, annotations = excluded.annotations
returning id, key, starts_at, told, looked_at;

-- name: open_looks
-- Of these looks, those for which a run begun for other alerts goes on; the newest one of each.
-- $1 text[]: runbooks
-- $2 text[]: parameters, as JSON
select distinct on (w.number) w.number::integer as number, i.sweep_id, i.number as item,
    s.number as sweep
from unnest($1::text[], $2::text[]) with ordinality w (runbook, parameters, number)
    join sweeps s on s.plan ->> 'runbook' = w.runbook
    join sweep_items i on i.sweep_id = s.id and i.parameters::jsonb = w.parameters::jsonb
where i.status in ('queued', 'running') and s.cancelled_at is null
    and s.plan ->> 'over' = 'alerts'
order by w.number, s.number desc;

-- name: look_into
-- Says which run looks into each of these alerts, and why it is not the one of its rule.
-- $1 uuid[]: alerts
-- $2 uuid[]: sweeps, or null
-- $3 integer[]: items, or null
-- $4 text[]: reasons
-- $5 timestamptz: now
update alerts
set looked_at = $5, sweep_id = t.sweep_id, item = t.item, reason = t.reason
from unnest($1::uuid[], $2::uuid[], $3::integer[], $4::text[]) t (id, sweep_id, item, reason)
where alerts.id = t.id;

-- name: alerts
-- Alerts, the last told first, with the run that looked into each and who was told of it.
-- $1 bigint: at most
-- $2 timestamptz: only those told before, or null
-- $3 uuid: and of those told then, only after this one, or null
-- $4 bigint: only of this sweep, or null
-- $5 integer: and of its item, or null
select a.id, a.key, a.starts_at, a.labels, a.annotations, a.status, a.told, a.first_told,
    a.last_told, a.told_by, a.reason, a.item, s.number as sweep, s.plan, i.context, i.parameters,
    i.status as look_status, i.tries, i.worker, i.started_at, i.ended_at, i.result, i.error,
    coalesce(encode(i.notebook, 'hex'), '') as notebook,
    (select coalesce(jsonb_object_agg(m.target, case
            when m.sent_at is not null then 'sent'
            when m.given_up_at is not null then m.error else 'waits' end), '{}')
        from alert_messages m where m.sweep_id = a.sweep_id and m.item = a.item) as messages
from alerts a
    left join sweeps s on s.id = a.sweep_id
    left join sweep_items i on i.sweep_id = a.sweep_id and i.number = a.item
where ($2::timestamptz is null or (a.last_told, a.id) < ($2, $3))
    and ($4::bigint is null or (s.number = $4 and ($5::integer is null or a.item = $5)))
order by a.last_told desc, a.id desc limit $1;

-- name: alerts_of_run
-- The alerts that a run looked into.
-- $1 uuid: sweep
-- $2 integer: item
select labels, annotations, status, starts_at, key from alerts
where sweep_id = $1 and item = $2 order by first_told, id;

-- name: plan_messages
-- Notes what is to be told to whom: looks that ended within the last hour, cancelled ones apart,
-- and were asked for within the last week.
-- $1 text[]: targets
insert into alert_messages (sweep_id, item, target)
select distinct i.sweep_id, i.number, t.target
from alerts a
    join sweep_items i on i.sweep_id = a.sweep_id and i.number = a.item
    cross join unnest($1::text[]) t (target)
where a.looked_at > now() - interval '7 days' and i.ended_at > now() - interval '1 hour'
    and i.status in ('healthy', 'findings', 'failed', 'lost')
on conflict do nothing;

-- name: claim_messages
-- Takes messages that are due; nobody else has them for so long.
-- $1 text[]: targets
-- $2 double precision: seconds
-- $3 bigint: at most
with due as (
    select sweep_id, item, target from alert_messages
    where sent_at is null and given_up_at is null and next_at <= now() and target = any($1)
    order by next_at limit $3 for update skip locked
), claimed as (
    update alert_messages m
    set tries = m.tries + 1, next_at = now() + make_interval(secs => $2)
    from due where m.sweep_id = due.sweep_id and m.item = due.item and m.target = due.target
    returning m.sweep_id, m.item, m.target, m.tries
)
select c.sweep_id, c.item, c.target, c.tries, s.number as sweep, s.plan, i.context, i.parameters,
    i.status, i.worker, i.started_at, i.ended_at, i.result, i.error,
    coalesce(encode(i.notebook, 'hex'), '') as notebook
from claimed c
    join sweeps s on s.id = c.sweep_id
    join sweep_items i on i.sweep_id = c.sweep_id and i.number = c.item;

-- name: message_sent
-- Says that a message was told.
-- $1 uuid: sweep
-- $2 integer: item
-- $3 text: target
update alert_messages set sent_at = now(), error = ''
where sweep_id = $1 and item = $2 and target = $3;

-- name: message_failed
-- Says that a message was not told, and when it is tried again.
-- $1 uuid: sweep
-- $2 integer: item
-- $3 text: target
-- $4 text: error
-- $5 double precision: seconds until then, or null for never
update alert_messages
set error = $4, next_at = now() + make_interval(secs => coalesce($5::double precision, 0)),
    given_up_at = case when $5 is null then now() end
where sweep_id = $1 and item = $2 and target = $3;

-- name: messages_waiting
-- How many messages to these targets have neither been told nor given up.
-- $1 text[]: targets
select count(*) from alert_messages
where sent_at is null and given_up_at is null and target = any($1);

-- name: messages_by_state
-- How many messages there are of each state.
select count(*) filter (where sent_at is null and given_up_at is null) as waits,
    count(*) filter (where sent_at is not null) as sent,
    count(*) filter (where given_up_at is not null) as given_up
from alert_messages;

-- name: worker_alive
-- Whether a worker is connected.
-- $1 text: what workers call themselves
select exists (select from pg_stat_activity
    where datname = current_database() and application_name = $1);
