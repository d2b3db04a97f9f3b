-- The record: one row per tool call, written before the call and completed once after it.
--
-- Nothing here refers to other tables by foreign key: the record outlives what it names.

create table audit_logs (
    id uuid not null,
    created_at timestamptz not null,
    investigation_id uuid not null,
    seq integer not null,
    user_id uuid,
    user_name text not null,
    conversation_id uuid,
    action_type text not null default 'tool_call',
    surface text not null,
    server text not null,
    tool_name text not null,
    parameters jsonb not null,
    cluster text not null,
    outcome text not null default 'running', -- see begin_and_complete_once
    success boolean,
    result text not null default '',
    result_data jsonb,
    result_sha256 text not null default '',
    error text not null default '',
    duration_ms double precision,
    finished_at timestamptz,
    intent_event integer not null,
    intent_hash bytea not null,
    outcome_event integer,
    outcome_hash bytea,
    owner integer not null default 0,
    primary key (id, created_at)
) partition by range (created_at);

create table audit_logs_default partition of audit_logs default;

comment on column audit_logs.owner is 'the process that runs the call: the number under which it holds
a shared advisory lock for as long as it lives (see audit_is_alive); 0 where it is not known';

-- Every index is a write per call. Rows come in the order of time, for which a BRIN costs nothing; open
-- calls are found through audit_heads, those of a conversation through its investigations.
create index audit_logs_of_investigation on audit_logs (investigation_id, seq);
create index audit_logs_by_time on audit_logs using brin (created_at);

-- Per investigation: how many calls and events it has, and the end of its hash chain.
create table audit_heads (
    investigation_id uuid primary key,
    calls integer not null default 0,
    events integer not null default 0,
    hash bytea not null default ''
);

-- Partitions ----------------------------------------------------------------------------------

-- Creates the partition of the month (UTC) unless it exists. When that is not possible now (the
-- default partition already holds such rows, or somebody is reading), rows go to the default one;
-- when somebody else has just created it, there is nothing to do.
create function audit_ensure_partition(at timestamptz) returns void
language plpgsql
set lock_timeout = '300ms'
as $$
declare
    first timestamp := date_trunc('month', at at time zone 'UTC');
    part text := 'audit_logs_' || to_char(first, 'YYYY_MM');
begin
    if to_regclass(part) is not null then
        return;
    end if;
    perform pg_advisory_xact_lock(hashtext('audit_ensure_partition'));
    if to_regclass(part) is not null then
        return;
    end if;
    execute format(
        'create table %I partition of audit_logs for values from (%L) to (%L)',
        part, first at time zone 'UTC', (first + interval '1 month') at time zone 'UTC');
    execute format(
        'create trigger audit_logs_are_not_truncated before truncate on %I'
        ' for each statement execute function refuse_change()', part);
    execute format('alter table %I enable row level security', part);
exception
    when check_violation or lock_not_available or duplicate_table then
        return;
end
$$;

-- Immutability --------------------------------------------------------------------------------

-- What the hash of an event covers: a JSON array, made as json, which takes a quarter of the time of
-- building it as jsonb. These functions are stable, as what they call is, so that they become part of
-- the statements that use them.
create function audit_intent(
    p_id uuid, p_investigation uuid, p_seq integer, p_user text, p_action text, p_surface text,
    p_server text, p_tool text, p_parameters jsonb, p_cluster text, p_at timestamptz
) returns text
language sql stable as $$
    select json_build_array(
        'intent', p_id, p_investigation, p_seq, p_user, p_action, p_surface, p_server, p_tool,
        p_parameters, p_cluster, extract(epoch from p_at))::text
$$;

create function audit_outcome(
    p_id uuid, p_outcome text, p_success boolean, p_sha256 text, p_data jsonb, p_error text,
    p_duration_ms double precision, p_finished timestamptz
) returns text
language sql stable as $$
    select json_build_array(
        'outcome', p_id, p_outcome, p_success, p_sha256, p_data, p_error,
        p_duration_ms::text::numeric, -- without an exponent
        extract(epoch from p_finished))::text
$$;

create function audit_intent(entry audit_logs) returns text
language sql stable as $$
    select audit_intent(
        entry.id, entry.investigation_id, entry.seq, entry.user_name, entry.action_type,
        entry.surface, entry.server, entry.tool_name, entry.parameters, entry.cluster,
        entry.created_at)
$$;

create function audit_outcome(entry audit_logs) returns text
language sql stable as $$
    select audit_outcome(
        entry.id, entry.outcome, entry.success, entry.result_sha256, entry.result_data,
        entry.error, entry.duration_ms, entry.finished_at)
$$;

create function audit_link(previous bytea, event text) returns bytea
language sql stable as $$
    select sha256(previous || convert_to(event, 'UTF8'))
$$;

-- A row begins as running and is completed, once. A trigger's condition, as any check of a table, is
-- read anew from its text by every statement, which takes longer than all that is done in here.
create function begin_and_complete_once() returns trigger
language plpgsql as $$
begin
    if tg_op = 'INSERT' then
        if new.outcome = 'running' and num_nonnulls(new.success, new.outcome_event) = 0 then
            return new;
        end if;
        raise exception 'audit row % may only begin as running', new.id
            using errcode = 'restrict_violation';
    end if;
    if old.outcome = 'running'
        and new.outcome in ('done', 'failed', 'refused', 'cancelled', 'unknown')
        and num_nulls(new.success, new.outcome_event) = 0 then
        return new;
    end if;
    raise exception 'audit row % may only be completed, once', old.id
        using errcode = 'restrict_violation';
end
$$;

-- Updates that leave its identity alone do not even come here.
create function refuse_rewriting() returns trigger
language plpgsql as $$
begin
    raise exception 'audit row % may only be completed, once', old.id
        using errcode = 'restrict_violation';
end
$$;

create trigger audit_logs_begin_and_complete_once before insert or update on audit_logs
    for each row execute function begin_and_complete_once();
create trigger audit_logs_keep_their_intent before update of
    id, created_at, investigation_id, seq, user_id, user_name, conversation_id, action_type,
    surface, server, tool_name, parameters, cluster, intent_event, intent_hash, owner on audit_logs
    for each row execute function refuse_rewriting();
create trigger audit_logs_are_not_deleted before delete on audit_logs
    for each row execute function refuse_change();
create trigger audit_logs_are_not_truncated before truncate on audit_logs
    for each statement execute function refuse_change();
create trigger audit_logs_are_not_truncated before truncate on audit_logs_default
    for each statement execute function refuse_change();

-- Writing -------------------------------------------------------------------------------------

-- Records how an earlier call of the investigation ended, unless p_done is null, and that another is
-- about to be made; the other's number. Written for the one way every call takes: what is already
-- recorded is an error (unique_violation), and so is an earlier call that is not running
-- (no_data_found). For these there is audit_proceed.
create function audit_advance(
    p_done uuid, p_done_at timestamptz, p_outcome text, p_duration_ms double precision,
    p_result text, p_data jsonb, p_sha256 text, p_error text,
    p_id uuid, p_at timestamptz, p_investigation uuid, p_user text, p_surface text, p_server text,
    p_tool text, p_parameters jsonb, p_cluster text, p_owner integer
) returns integer
language plpgsql as $$
declare
    head audit_heads;
    p_finished timestamptz := p_done_at + make_interval(secs => p_duration_ms / 1000);
begin
    -- The lock on the head comes first, so that what is linked is the end of the chain.
    select h.* into head from audit_heads h where h.investigation_id = p_investigation for update;
    if not found then
        insert into audit_heads (investigation_id) values (p_investigation) on conflict do nothing;
        select h.* into head from audit_heads h where h.investigation_id = p_investigation
            for update;
    end if;
    if p_done is not null then
        head.events := head.events + 1;
        head.hash := audit_link(head.hash, audit_outcome(
            p_done, p_outcome, p_outcome = 'done', p_sha256, p_data, p_error, p_duration_ms,
            p_finished));
        update audit_logs set
            outcome = p_outcome, success = p_outcome = 'done', result = p_result,
            result_data = p_data, result_sha256 = p_sha256, error = p_error,
            duration_ms = p_duration_ms, finished_at = p_finished, outcome_event = head.events,
            outcome_hash = head.hash
            where id = p_done and created_at = p_done_at and outcome = 'running'
                and investigation_id is not distinct from p_investigation; -- which no index is for
        if not found then
            raise exception 'no call % is running', p_done using errcode = 'no_data_found';
        end if;
    end if;
    head.calls := head.calls + 1;
    head.events := head.events + 1;
    head.hash := audit_link(head.hash, audit_intent(
        p_id, p_investigation, head.calls, p_user, 'tool_call', p_surface, p_server, p_tool,
        p_parameters, p_cluster, p_at));
    insert into audit_logs (
        id, created_at, investigation_id, seq, user_id, user_name, conversation_id, surface,
        server, tool_name, parameters, cluster, intent_event, intent_hash, owner)
    values (
        p_id, p_at, p_investigation, head.calls,
        coalesce(
            (select u.id from users u where u.email = p_user),
            (select u.id from users u where u.email is null and u.name = p_user)),
        p_user,
        (select i.conversation_id from investigations i where i.id = p_investigation),
        p_surface, p_server, p_tool, p_parameters, p_cluster, head.events, head.hash, p_owner);
    update audit_heads set calls = head.calls, events = head.events, hash = head.hash
        where investigation_id = p_investigation;
    return head.calls;
end
$$;

-- Records that a call is about to be made; its number within the investigation. Recording the same
-- intent again changes nothing and gives the same number; another intent under a known id is an
-- error (unique_violation).
create function audit_intend(
    p_id uuid, p_at timestamptz, p_investigation uuid, p_user text, p_surface text, p_server text,
    p_tool text, p_parameters jsonb, p_cluster text, p_owner integer default 0
) returns integer
language plpgsql as $$
declare
    known audit_logs;
begin
    loop
        select * into known from audit_logs where id = p_id and created_at = p_at;
        exit when found;
        begin
            return audit_advance(
                null, null, null, null, null, null, null, null, p_id, p_at, p_investigation,
                p_user, p_surface, p_server, p_tool, p_parameters, p_cluster, p_owner);
        exception when unique_violation then
            null; -- somebody has just written it
        end;
    end loop;
    if (known.investigation_id, known.user_name, known.surface, known.server, known.tool_name,
        known.parameters, known.cluster)
        <> (p_investigation, p_user, p_surface, p_server, p_tool, p_parameters, p_cluster) then
        raise exception 'audit row % already records another intent', p_id
            using errcode = 'unique_violation';
    end if;
    return known.seq;
end
$$;

-- Records how a call ended. False when there is no such intent; an outcome that is already there
-- stays. The lock on the head comes first, so that what is linked is the end of the chain.
create function audit_finish(
    p_id uuid, p_at timestamptz, p_outcome text, p_duration_ms double precision, p_result text,
    p_data jsonb, p_sha256 text, p_error text
) returns boolean
language plpgsql as $$
declare
    head audit_heads;
    p_finished timestamptz := p_at + make_interval(secs => p_duration_ms / 1000);
begin
    select h.* into head from audit_heads h where h.investigation_id =
        (select investigation_id from audit_logs where id = p_id and created_at = p_at)
        for update;
    head.events := head.events + 1;
    head.hash := audit_link(head.hash, audit_outcome(
        p_id, p_outcome, p_outcome = 'done', p_sha256, p_data, p_error, p_duration_ms, p_finished));
    update audit_logs set
        outcome = p_outcome, success = p_outcome = 'done', result = p_result, result_data = p_data,
        result_sha256 = p_sha256, error = p_error, duration_ms = p_duration_ms,
        finished_at = p_finished, outcome_event = head.events, outcome_hash = head.hash
        where id = p_id and created_at = p_at and outcome = 'running';
    if not found then
        return exists (select from audit_logs where id = p_id and created_at = p_at);
    end if;
    update audit_heads set events = head.events, hash = head.hash
        where investigation_id = head.investigation_id;
    return true;
end
$$;

-- How earlier calls ended and that another is about to be made, in one commit; the other's number.
-- What is already recorded stays as it is. The arrays hold one element per earlier call; all of them
-- belong to the same investigation, so that two writers never wait for each other's heads.
create function audit_proceed(
    p_ids uuid[], p_ats timestamptz[], p_outcomes text[], p_durations_ms double precision[],
    p_results text[], p_data jsonb[], p_sha256s text[], p_errors text[],
    p_id uuid, p_at timestamptz, p_investigation uuid, p_user text, p_surface text, p_server text,
    p_tool text, p_parameters jsonb, p_cluster text, p_owner integer
) returns integer
language plpgsql as $$
begin
    for i in 1 .. cardinality(p_ids) loop
        perform audit_finish(
            p_ids[i], p_ats[i], p_outcomes[i], p_durations_ms[i], p_results[i], p_data[i],
            p_sha256s[i], p_errors[i]);
    end loop;
    return audit_intend(
        p_id, p_at, p_investigation, p_user, p_surface, p_server, p_tool, p_parameters, p_cluster,
        p_owner);
end
$$;

-- Marks calls that were intended before p_before and whose outcome never came as unknown; their ids.
-- p_gone: only those of processes that are not connected any more.
create function audit_sweep(p_before timestamptz, p_now timestamptz, p_gone boolean)
returns setof uuid
language plpgsql as $$
begin
    perform pg_advisory_xact_lock(hashtext('sweep_intents'));
    return query
    with stale as materialized (
        select a.id, a.created_at from audit_heads h
        join audit_logs a on a.investigation_id = h.investigation_id
        where h.events < 2 * h.calls and a.outcome = 'running' and a.created_at < p_before
            and not (p_gone and audit_is_alive(a.owner))
        order by a.investigation_id, a.seq
    )
    select s.id from stale s
    where audit_finish(
        s.id, s.created_at, 'unknown', extract(epoch from p_now - s.created_at)::float8 * 1000, '',
        null, '', 'the outcome was never recorded');
end
$$;

-- Whether the process is still connected. 7274 is the lock class of owners.
create function audit_is_alive(p_owner integer) returns boolean
language sql as $$
    select exists (
        select from pg_locks
        where locktype = 'advisory' and granted and classid = 7274 and objsubid = 2
            and objid::bigint = p_owner
            and database = (select oid from pg_database where datname = current_database()))
$$;
