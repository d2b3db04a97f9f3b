-- name: page_of_calls
-- Recorded calls without their results, newest first.
-- $1 timestamptz: only since
-- $2 timestamptz: only before
-- $3 text: only of this user, or null
-- $4 text: only of this tool, or null
-- $5 text: only with this outcome, or null
-- $6 uuid: only of this investigation, or null
-- $7 uuid: only of this user's investigations, or null
-- $8 text: only with this in the name of the tool, the user or the cluster, or null
-- $9 uuid: only those that follow this call in the list, or null
-- $10 bigint: at most
select a.id, a.seq, a.investigation_id, label(i) as label, a.created_at, a.user_name, a.surface,
    a.server, a.tool_name, a.parameters, a.cluster, a.outcome, a.error, a.duration_ms
from audit_logs a left join investigations i on i.id = a.investigation_id
where a.created_at >= $1 and a.created_at < $2
    and ($3::text is null or a.user_name = $3)
    and ($4::text is null or a.tool_name = $4)
    and ($5::text is null or a.outcome = $5)
    and ($6::uuid is null or a.investigation_id = $6)
    and ($7::uuid is null or i.user_id = $7)
    and ($8::text is null
        or position(lower($8) in lower(concat_ws(' ', a.tool_name, a.user_name, a.cluster))) > 0)
    and ($9::uuid is null or a.id < $9)
order by a.id desc limit $10;

-- name: usage_by_day
-- What was spent, by day (UTC) and user, the newest day first. Dollars are null where no price was
-- known.
-- $1 timestamptz: only since
-- $2 timestamptz: only before
-- $3 text: only of this user, or null
with calls as (
    select (created_at at time zone 'UTC')::date as day, user_name, count(*) as calls,
        count(*) filter (where not success) as failed
    from audit_logs
    where created_at >= $1 and created_at < $2 and ($3::text is null or user_name = $3)
    group by 1, 2
), spent as (
    select (s.created_at at time zone 'UTC')::date as day, coalesce(u.email, u.name, '') as user_name,
        count(*) as investigations,
        sum((s.body #>> '{usage,input_tokens}')::bigint)::bigint as input_tokens,
        sum((s.body #>> '{usage,output_tokens}')::bigint)::bigint as output_tokens,
        sum((s.body #>> '{usage,requests}')::bigint)::bigint as requests,
        sum((s.body #>> '{usage,dollars}')::numeric) as dollars
    from steps s
    join investigations i on i.id = s.investigation_id
    left join users u on u.id = i.user_id
    where s.kind in ('concluded', 'failed') and s.created_at >= $1 and s.created_at < $2
        and ($3::text is null or coalesce(u.email, u.name) = $3)
    group by 1, 2
)
select coalesce(c.day, s.day) as day, coalesce(c.user_name, s.user_name) as user_name,
    coalesce(c.calls, 0) as calls, coalesce(c.failed, 0) as failed,
    coalesce(s.investigations, 0) as investigations, coalesce(s.input_tokens, 0) as input_tokens,
    coalesce(s.output_tokens, 0) as output_tokens, coalesce(s.requests, 0) as requests, s.dollars
from calls c full join spent s on s.day = c.day and s.user_name = c.user_name
order by 1 desc, 2;
