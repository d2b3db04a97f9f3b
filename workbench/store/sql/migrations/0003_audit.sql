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
    outcome text not null default 'running'
        check (outcome in ('running', 'done', 'failed', 'refused', 'cancelled', 'unknown')),
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
    primary key (id, created_at),
    check ((outcome = 'running') = (success is null)),
    check ((outcome = 'running') = (outcome_event is null))
) partition by range (created_at);

create table audit_logs_default partition of audit_logs default;

create index audit_logs_of_investigation on audit_logs (investigation_id, seq);
create index audit_logs_by_time on audit_logs (created_at);
create index audit_logs_running on audit_logs (created_at) where outcome = 'running';
create index audit_logs_of_conversation on audit_logs (conversation_id, created_at);
create index audit_logs_of_user on audit_logs (user_id, created_at);

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
exception
    when check_violation or lock_not_available or duplicate_table then
        return;
end
$$;

-- Immutability --------------------------------------------------------------------------------

create function audit_intent(entry audit_logs) returns jsonb
language sql immutable as $$
    select jsonb_build_array(
        'intent', entry.id, entry.investigation_id, entry.seq, entry.user_name, entry.action_type,
        entry.surface, entry.server, entry.tool_name, entry.parameters, entry.cluster,
        extract(epoch from entry.created_at))
$$;

create function audit_outcome(entry audit_logs) returns jsonb
language sql immutable as $$
    select jsonb_build_array(
        'outcome', entry.id, entry.outcome, entry.success, entry.result_sha256, entry.result_data,
        entry.error, entry.duration_ms, extract(epoch from entry.finished_at))
$$;

create function audit_link(previous bytea, event jsonb) returns bytea
language sql immutable as $$
    select sha256(previous || convert_to(event::text, 'UTF8'))
$$;

create function audit_completes_once() returns trigger
language plpgsql as $$
begin
    if old.outcome <> 'running' or new.outcome = 'running'
        or audit_intent(old) <> audit_intent(new)
        or (old.user_id, old.conversation_id, old.intent_event, old.intent_hash)
            is distinct from
            (new.user_id, new.conversation_id, new.intent_event, new.intent_hash) then
        raise exception 'audit row % may only be completed, once', old.id
            using errcode = 'restrict_violation';
    end if;
    return new;
end
$$;

create trigger audit_logs_complete_once before update on audit_logs
    for each row execute function audit_completes_once();
create trigger audit_logs_are_not_deleted before delete on audit_logs
    for each row execute function refuse_change();
create trigger audit_logs_are_not_truncated before truncate on audit_logs
    for each statement execute function refuse_change();
create trigger audit_logs_are_not_truncated before truncate on audit_logs_default
    for each statement execute function refuse_change();

-- Writing -------------------------------------------------------------------------------------

-- Records that a call is about to be made; its number within the investigation. Recording the same
-- intent again changes nothing and gives the same number; another intent under a known id is an
-- error (unique_violation).
create function audit_intend(
    p_id uuid, p_at timestamptz, p_investigation uuid, p_user text, p_surface text, p_server text,
    p_tool text, p_parameters jsonb, p_cluster text
) returns integer
language plpgsql as $$
declare
    head audit_heads;
    known audit_logs;
    entry audit_logs;
begin
    insert into audit_heads (investigation_id) values (p_investigation) on conflict do nothing;
    select * into head from audit_heads where investigation_id = p_investigation for update;
    entry.id := p_id;
    entry.created_at := p_at;
    entry.investigation_id := p_investigation;
    entry.user_name := p_user;
    entry.action_type := 'tool_call';
    entry.surface := p_surface;
    entry.server := p_server;
    entry.tool_name := p_tool;
    entry.parameters := p_parameters;
    entry.cluster := p_cluster;
    select * into known from audit_logs where id = p_id and created_at = p_at;
    if found then
        entry.seq := known.seq;
        if audit_intent(entry) <> audit_intent(known) then
            raise exception 'audit row % already records another intent', p_id
                using errcode = 'unique_violation';
        end if;
        return known.seq;
    end if;
    entry.seq := head.calls + 1;
    entry.intent_event := head.events + 1;
    entry.intent_hash := audit_link(head.hash, audit_intent(entry));
    insert into audit_logs (
        id, created_at, investigation_id, seq, user_id, user_name, conversation_id, surface,
        server, tool_name, parameters, cluster, intent_event, intent_hash)
    values (
        p_id, p_at, p_investigation, entry.seq,
        (select u.id from users u where u.email = p_user or (u.email is null and u.name = p_user)
            order by u.email nulls last limit 1),
        p_user,
        (select i.conversation_id from investigations i where i.id = p_investigation),
        p_surface, p_server, p_tool, p_parameters, p_cluster,
        entry.intent_event, entry.intent_hash);
    update audit_heads
        set calls = entry.seq, events = entry.intent_event, hash = entry.intent_hash
        where investigation_id = p_investigation;
    return entry.seq;
end
$$;

-- Records how a call ended. False when there is no such intent; an outcome that is already there
-- stays. p_at, when known, spares looking into every partition.
create function audit_finish(
    p_id uuid, p_at timestamptz, p_outcome text, p_duration_ms double precision, p_result text,
    p_data jsonb, p_sha256 text, p_error text
) returns boolean
language plpgsql as $$
declare
    head audit_heads;
    entry audit_logs;
begin
    if p_at is null then
        select created_at into p_at from audit_logs where id = p_id;
    end if;
    select h.* into head from audit_heads h where h.investigation_id =
        (select investigation_id from audit_logs where id = p_id and created_at = p_at)
        for update;
    select * into entry from audit_logs where id = p_id and created_at = p_at;
    if entry.id is null then
        return false;
    end if;
    if entry.outcome <> 'running' then
        return true;
    end if;
    entry.outcome := p_outcome;
    entry.success := p_outcome = 'done';
    entry.result_data := p_data;
    entry.result_sha256 := p_sha256;
    entry.error := p_error;
    entry.duration_ms := p_duration_ms;
    entry.finished_at := p_at + make_interval(secs => p_duration_ms / 1000);
    entry.outcome_event := head.events + 1;
    entry.outcome_hash := audit_link(head.hash, audit_outcome(entry));
    update audit_logs set
        outcome = entry.outcome, success = entry.success, result = p_result,
        result_data = p_data, result_sha256 = p_sha256, error = p_error,
        duration_ms = p_duration_ms, finished_at = entry.finished_at,
        outcome_event = entry.outcome_event, outcome_hash = entry.outcome_hash
        where id = p_id and created_at = p_at;
    update audit_heads set events = entry.outcome_event, hash = entry.outcome_hash
        where investigation_id = head.investigation_id;
    return true;
end
$$;
