-- Chains verified, their ends kept elsewhere, and old months dropped.

-- Dropping old months -------------------------------------------------------------------------

create table audit_dropped (
    partition text primary key,
    rows bigint not null,
    investigations bigint not null,
    first_at timestamptz,
    last_at timestamptz,
    dropped_at timestamptz not null default now(),
    dropped_by text not null default session_user
);

-- Events that were dropped and whose next event was not, so that the chain can be taken up there.
create table audit_anchors (
    investigation_id uuid not null,
    event integer not null,
    hash bytea not null,
    partition text not null,
    primary key (investigation_id, event)
);

-- Drops the partitions of months (UTC) that ended before p_before and writes down what they held.
-- Rows in the default partition stay.
create function audit_retain(p_before timestamptz) returns setof audit_dropped
language plpgsql
set lock_timeout = '2s'
as $$
declare
    part text;
    done audit_dropped;
begin
    perform pg_advisory_xact_lock(hashtext('audit_ensure_partition'));
    for part in select p.partition from audit_months p where p.ends_at <= p_before loop
        execute format($q$
            with events as (
                select investigation_id, intent_event as event, intent_hash as hash from %1$I
                union all
                select investigation_id, outcome_event, outcome_hash from %1$I
                where outcome_event is not null
            )
            insert into audit_anchors
            select investigation_id, event, hash, %1$L from (
                select *, lead(event) over (partition by investigation_id order by event) as next
                from events
            ) e where next is distinct from event + 1
        $q$, part);
        execute format($q$
            insert into audit_dropped (partition, rows, investigations, first_at, last_at)
            select %1$L, count(*), count(distinct investigation_id), min(created_at), max(created_at)
            from %1$I returning *
        $q$, part) into done;
        execute format('drop table %I', part);
        return next done;
    end loop;
end
$$;

-- The partitions there are, oldest first; rows as the server last estimated them.
create view audit_months as
select c.relname::text as partition,
    (to_date(right(c.relname, 7), 'YYYY_MM') + interval '1 month') at time zone 'UTC' as ends_at,
    greatest(c.reltuples, 0)::bigint as rows,
    pg_total_relation_size(c.oid) as bytes
from pg_inherits i join pg_class c on c.oid = i.inhrelid
where i.inhparent = 'audit_logs'::regclass and c.relname ~ '^audit_logs_\d{4}_\d\d$'
order by c.relname;

-- Roots ---------------------------------------------------------------------------------------

-- Ends of chains as they once were. Given to another owner, with insert and select for the role of
-- the workbench, nobody who writes the record can rewrite them.
create table audit_roots (
    investigation_id uuid not null,
    events integer not null,
    hash bytea not null,
    kept_at timestamptz not null default now(),
    primary key (investigation_id, events)
);

create trigger audit_dropped_is_append_only before update or delete on audit_dropped
    for each row execute function refuse_change();
create trigger audit_dropped_is_not_truncated before truncate on audit_dropped
    for each statement execute function refuse_change();
create trigger audit_anchors_are_append_only before update or delete on audit_anchors
    for each row execute function refuse_change();
create trigger audit_anchors_are_not_truncated before truncate on audit_anchors
    for each statement execute function refuse_change();
create trigger audit_roots_are_append_only before update or delete on audit_roots
    for each row execute function refuse_change();
create trigger audit_roots_are_not_truncated before truncate on audit_roots
    for each statement execute function refuse_change();

-- The hash an investigation's chain had after so many events; null when it has no such event.
create function audit_hash_at(p_investigation uuid, p_events integer) returns bytea
language sql stable as $$
    select intent_hash from audit_logs
    where investigation_id = p_investigation and intent_event = p_events
    union all
    select outcome_hash from audit_logs
    where investigation_id = p_investigation and outcome_event = p_events
    union all
    select hash from audit_anchors
    where investigation_id = p_investigation and event = p_events
    limit 1
$$;

-- Whether the chain is another one than that root was taken from. An event that was dropped and
-- left no anchor can no longer be held against it.
create function audit_contradicts(p_investigation uuid, p_events integer, p_hash bytea)
returns boolean
language sql stable as $$
    select case
        when now.hash is not null then now.hash <> p_hash
        else not exists (
            select from audit_anchors
            where investigation_id = p_investigation and event > p_events)
    end
    from (select audit_hash_at(p_investigation, p_events) as hash) now
$$;

-- Checking ------------------------------------------------------------------------------------

-- The first event of each investigation that is not as it was written; no row for those that are
-- and agree with the roots kept in this database. Each event is held against the hash stored with
-- the one before it; what was dropped is taken up at its anchors.
create function audit_verify(p_investigations uuid[])
returns table (investigation uuid, event integer, audit_id uuid, seq integer, problem text)
language sql stable as $$
    with events as materialized (
        select investigation_id, intent_event as event, id, seq, intent_hash as hash,
            audit_intent(a) as content,
            outcome_event is not null or result = '' and result_data is null as intact
        from audit_logs a where investigation_id = any(p_investigations)
        union all
        select investigation_id, outcome_event, id, seq, outcome_hash, audit_outcome(a),
            result_sha256 = case when result = '' then ''
                else encode(sha256(convert_to(result, 'UTF8')), 'hex') end
        from audit_logs a
        where investigation_id = any(p_investigations) and outcome_event is not null
        union all
        select investigation_id, event, null, null, hash, null,
            exists (select from audit_dropped d where d.partition = n.partition)
        from audit_anchors n where investigation_id = any(p_investigations)
    ), linked as (
        select *, lag(event, 1, 0) over chain as before,
            lag(hash, 1, ''::bytea) over chain as hash_before,
            lead(event) over chain is null as last
        from events window chain as (partition by investigation_id order by event)
    ), judged as (
        select investigation_id, event, id, seq, hash, last, case
            when id is null and intact then null
            when id is null then 'said to be dropped, and no month was'
            when event <> before + 1 then 'an event before it is missing or there twice'
            when hash is distinct from audit_link(hash_before, content) then 'the row was changed'
            when not intact then 'the result was changed'
        end as problem
        from linked
    ), problems as (
        select investigation_id, event, id, seq, problem from judged where problem is not null
        union all
        select i.id, coalesce(e.event, 0), null, null, 'the end of the chain was cut or rewritten'
        from unnest(p_investigations) i (id)
        left join judged e on e.investigation_id = i.id and e.last
        left join audit_heads h on h.investigation_id = i.id
        where (coalesce(e.event, 0), coalesce(e.hash, ''))
            <> (coalesce(h.events, 0), coalesce(h.hash, ''))
        union all
        select r.investigation_id, r.events, null, null,
            'another chain than the one whose root was kept'
        from audit_roots r
        where r.investigation_id = any(p_investigations)
            and audit_contradicts(r.investigation_id, r.events, r.hash)
    )
    select distinct on (investigation_id) investigation_id, event, id, seq, problem
    from problems order by investigation_id, id is null, event
$$;
