-- An outcome is committed together with the next intent of its investigation, or soon after.

drop function audit_settle(uuid[], timestamptz[]);
drop function audit_finish_soon(
    uuid, timestamptz, text, double precision, text, jsonb, text, text);

-- Rows come in the order of time, for which a BRIN costs nothing; those of a conversation are found
-- through its investigations. Every index is a write per call.
drop index audit_logs_by_time, audit_logs_of_conversation;
create index audit_logs_by_time on audit_logs using brin (created_at);

-- The same rule as before. Updates that leave a row's identity alone do not even evaluate it.
drop trigger audit_logs_complete_once on audit_logs;
drop function audit_completes_once();

create function refuse_rewriting() returns trigger
language plpgsql as $$
begin
    raise exception 'audit row % may only be completed, once', old.id
        using errcode = 'restrict_violation';
end
$$;

create trigger audit_logs_complete_once before update on audit_logs
    for each row when (old.outcome <> 'running' or new.outcome = 'running')
    execute function refuse_rewriting();
create trigger audit_logs_keep_their_intent before update of
    id, created_at, investigation_id, seq, user_id, user_name, conversation_id, action_type,
    surface, server, tool_name, parameters, cluster, intent_event, intent_hash, owner on audit_logs
    for each row execute function refuse_rewriting();

-- Records how a call ended. False when there is no such intent; an outcome that is already there
-- stays. The lock on the head comes first, so that what is linked is the end of the chain.
create or replace function audit_finish(
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
    -- The content that audit_outcome gives the row.
    head.hash := audit_link(head.hash, jsonb_build_array(
        'outcome', p_id, p_outcome, p_outcome = 'done', p_sha256, p_data, p_error, p_duration_ms,
        extract(epoch from p_finished)));
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
-- The arrays hold one element per earlier call; all of them belong to the same investigation, so
-- that two writers never wait for each other's heads.
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
