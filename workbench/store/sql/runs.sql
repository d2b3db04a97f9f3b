-- name: save_run
-- Keeps a run as it is now; one that has ended, or is another's, stays as it is.
-- $1 uuid: id, made by the caller
-- $2 text: who runs it
-- $3 text: runbook
-- $4 text: status
-- $5 jsonb: the run
-- $6 bytea: SHA-256 of the executed notebook, or null
-- $7 uuid: claim, or null where nobody makes one
insert into runbook_runs as r (id, user_name, runbook, status, body, notebook, claim)
values ($1, $2, $3, $4, $5, $6, $7)
on conflict (id) do update
    set status = excluded.status, body = excluded.body, notebook = excluded.notebook
    where r.status = 'running' and r.claim is not distinct from excluded.claim;

-- name: runbook_runs
-- The newest first.
-- $1 text: only this person's, or empty
-- $2 text: only of this runbook, or empty
-- $3 uuid: only those before this one in the list, or null
-- $4 bigint: at most
select body from runbook_runs
where ($1 = '' or user_name = $1) and ($2 = '' or runbook = $2) and ($3::uuid is null or id < $3)
order by id desc limit $4;

-- name: runbook_run
-- $1 uuid: id
-- $2 text: only this person's, or empty
select body, coalesce(encode(notebook, 'hex'), '') as notebook
from runbook_runs where id = $1 and ($2 = '' or user_name = $2);

-- name: interrupt_run
-- Ends a run whose process is gone; its id, unless it had ended, or is none.
-- $1 uuid: id
-- $2 text: what is said about it
-- $3 boolean: only one that waits for another server
update runbook_runs
set status = 'interrupted', claim = null, waits_since = null,
    body = body || jsonb_build_object('status', 'interrupted', 'error', $2::text, 'waits', false)
where id = $1 and status = 'running' and (not $3 or waits_since is not null) returning id;

-- name: hand_over_run
-- Has a run wait for another server; its id, unless it has ended or was begun as often as it may be.
-- $1 uuid: id
-- $2 uuid: only under this claim, or null
update runbook_runs
set claim = null, waits_since = coalesce(waits_since, now()),
    body = body || '{"waits": true, "cell": 0, "cells": 0, "begun": []}'
where id = $1 and status = 'running' and (
    waits_since is not null
    or ($2::uuid is null or claim = $2) and (body->>'tries')::int < (body->>'most_tries')::int)
returning id;

-- name: waiting_runs
-- Those that wait for a server of a cluster, the one that waits longest first.
-- $1 text: cluster
-- $2 bigint: at most
select body from runbook_runs
where waits_since is not null and body->>'cluster' = $1
order by waits_since limit $2;

-- name: begin_run_again
-- Begins one that waits under a new claim; its id, unless it waits no more.
-- $1 uuid: id
-- $2 jsonb: the run
-- $3 uuid: claim
update runbook_runs set claim = $3, waits_since = null, body = $2
where id = $1 and status = 'running' and (waits_since is not null or claim = $3) returning id;

-- name: give_up_runs
-- Ends those that nobody began again.
-- $1 text: what is said about them
-- $2 double precision: seconds that they waited
update runbook_runs
set status = 'interrupted', waits_since = null,
    body = body || jsonb_build_object('status', 'interrupted', 'error', $1::text, 'waits', false)
where waits_since < now() - make_interval(secs => $2);
