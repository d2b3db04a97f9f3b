-- Writing the record: outcomes that are on disk a moment later, and calls without a living owner.

-- Writing -------------------------------------------------------------------------------------

-- Which process runs the call: the number under which it holds a shared advisory lock for as long
-- as it lives (see audit_is_alive). 0 for rows that do not say.
alter table audit_logs add column owner integer not null default 0;

-- With this index every outcome would be a new entry in every other one (no HOT update). Open calls
-- are found through audit_heads instead.
drop index audit_logs_running;

drop function audit_intend(uuid, timestamptz, uuid, text, text, text, text, jsonb, text);

-- Records that a call is about to be made; its number within the investigation. Recording the same
-- intent again changes nothing and gives the same number; another intent under a known id is an
-- error (unique_violation).
create function audit_intend(
    p_id uuid, p_at timestamptz, p_investigation uuid, p_user text, p_surface text, p_server text,
    p_tool text, p_parameters jsonb, p_cluster text, p_owner integer default 0
) returns integer
language plpgsql as $$
declare
    head audit_heads;
    known audit_logs;
begin
    -- One statement takes the lock, counts, and links the content that audit_intent gives the row.
    update audit_heads h set calls = h.calls + 1, events = h.events + 1,
        hash = audit_link(h.hash, jsonb_build_array(
            'intent', p_id, p_investigation, h.calls + 1, p_user, 'tool_call', p_surface, p_server,
            p_tool, p_parameters, p_cluster, extract(epoch from p_at)))
        where h.investigation_id = p_investigation returning h.* into head;
    if not found then
        insert into audit_heads (investigation_id) values (p_investigation) on conflict do nothing;
        return audit_intend(
            p_id, p_at, p_investigation, p_user, p_surface, p_server, p_tool, p_parameters,
            p_cluster, p_owner);
    end if;
    insert into audit_logs (
        id, created_at, investigation_id, seq, user_id, user_name, conversation_id, surface,
        server, tool_name, parameters, cluster, intent_event, intent_hash, owner)
    values (
        p_id, p_at, p_investigation, head.calls,
        (select u.id from users u where u.email = p_user or (u.email is null and u.name = p_user)
            order by u.email nulls last limit 1),
        p_user,
        (select i.conversation_id from investigations i where i.id = p_investigation),
        p_surface, p_server, p_tool, p_parameters, p_cluster, head.events, head.hash, p_owner)
    on conflict (id, created_at) do nothing;
    if found then
        return head.calls;
    end if;
    select * into known from audit_logs where id = p_id and created_at = p_at;
    if (known.investigation_id, known.user_name, known.surface, known.server, known.tool_name,
        known.parameters, known.cluster)
        <> (p_investigation, p_user, p_surface, p_server, p_tool, p_parameters, p_cluster) then
        raise exception 'audit row % already records another intent', p_id
            using errcode = 'unique_violation';
    end if;
    update audit_heads set calls = head.calls - 1, events = head.events - 1,
        hash = coalesce(audit_hash_at(p_investigation, head.events - 1), '')
        where investigation_id = p_investigation;
    return known.seq;
end
$$;

create or replace function audit_completes_once() returns trigger
language plpgsql as $$
begin
    if old.outcome <> 'running' or new.outcome = 'running'
        or (old.id, old.created_at, old.investigation_id, old.seq, old.user_id, old.user_name,
            old.conversation_id, old.action_type, old.surface, old.server, old.tool_name,
            old.parameters, old.cluster, old.intent_event, old.intent_hash, old.owner)
            is distinct from
            (new.id, new.created_at, new.investigation_id, new.seq, new.user_id, new.user_name,
            new.conversation_id, new.action_type, new.surface, new.server, new.tool_name,
            new.parameters, new.cluster, new.intent_event, new.intent_hash, new.owner) then
        raise exception 'audit row % may only be completed, once', old.id
            using errcode = 'restrict_violation';
    end if;
    return new;
end
$$;

-- The same as audit_finish, but without waiting for the disk. It is there for everybody at once and
-- on disk with the next commit that waits, which audit_settle makes sure of.
create function audit_finish_soon(
    p_id uuid, p_at timestamptz, p_outcome text, p_duration_ms double precision, p_result text,
    p_data jsonb, p_sha256 text, p_error text
) returns boolean
language plpgsql as $$
begin
    perform set_config('synchronous_commit', 'off', true);
    return audit_finish(
        p_id, p_at, p_outcome, p_duration_ms, p_result, p_data, p_sha256, p_error);
end
$$;

-- Puts on disk what was committed before; those of the calls that have no outcome. Such a one was
-- lost: the server crashed after taking it and before it was on disk. Log records reach the disk in
-- order, so an outcome that is seen here is as durable as this transaction.
create function audit_settle(p_ids uuid[], p_ats timestamptz[]) returns uuid[]
language plpgsql as $$
begin
    perform pg_logical_emit_message(true, 'audit', '');  -- something to write, so that it is waited for
    return array(
        select a.id from unnest(p_ids, p_ats) w(id, at)
        join audit_logs a on a.id = w.id and a.created_at = w.at
        where a.outcome = 'running');
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
