-- name: save_run
-- Keeps a run as it is now; one that has ended stays as it is.
-- $1 uuid: id, made by the caller
-- $2 text: who runs it
-- $3 text: runbook
-- $4 text: status
-- $5 jsonb: the run
-- $6 bytea: SHA-256 of the executed notebook, or null
insert into runbook_runs as r (id, user_name, runbook, status, body, notebook)
values ($1, $2, $3, $4, $5, $6)
on conflict (id) do update
    set status = excluded.status, body = excluded.body, notebook = excluded.notebook
    where r.status = 'running';

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
update runbook_runs
set status = 'interrupted', body = body || jsonb_build_object('status', 'interrupted', 'error', $2::text)
where id = $1 and status = 'running' returning id;
