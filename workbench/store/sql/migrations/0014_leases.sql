-- Who works on an investigation, or on a run of a runbook: a process that keeps its lease lives, and
-- looks here whether somebody asked it to stop.

create table leases (
    work uuid primary key, -- the id of either
    holder uuid not null,
    owner integer not null, -- the process; see audit_is_alive
    beat timestamptz not null default now(),
    stop_asked boolean not null default false
);

-- Whether its holder is gone: not connected any more and silent for five seconds, or silent for
-- thirty, as a machine is that was lost with its connections open.
create function is_lapsed(lease leases) returns boolean
language sql as $$
    select lease.beat < now() - interval '30 s'
        or lease.beat < now() - interval '5 s' and not audit_is_alive(lease.owner)
$$;

-- What has not ended, and has been asked an hour ago or more, is nobody's; what is younger may still
-- be worked on by a process that knows of no leases.
insert into leases (work, holder, owner, beat)
select i.id, gen_random_uuid(), 0, i.created_at + interval '1 hour'
from investigations i
where not i.session and 'asked' = coalesce((
    select s.kind from steps s
    where s.investigation_id = i.id and s.kind in ('asked', 'concluded', 'failed')
    order by s.seq desc limit 1), 'asked');
