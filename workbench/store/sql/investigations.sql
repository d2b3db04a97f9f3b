-- name: create_investigation
-- Creates an investigation unless the id exists.
-- $1 uuid: id, made by the caller
-- $2 text: question
-- $3 jsonb: scope
-- $4 uuid: user, or null
-- $5 uuid: conversation, or null
-- $6 timestamptz: when
-- $7 boolean: whether it is a session's
select create_investigation($1, $2, $3, $4, $5, $6, $7);

-- name: is_begun_by
-- Whether an investigation is there and that is its holder.
-- $1 uuid: investigation
-- $2 uuid: holder
select true from investigations i join leases l on l.work = i.id where i.id = $1 and l.holder = $2;

-- name: investigation_exists
-- $1 uuid: id
-- $2 uuid: whose
select true from investigations where id = $1 and user_id = $2;

-- name: append_step
-- Appends a step unless that number is taken; its number if it was free.
-- $1 uuid: investigation
-- $2 integer: number, counted by the caller
-- $3 text: kind
-- $4 jsonb: the step
-- $5 timestamptz: when
insert into steps (investigation_id, seq, kind, body, created_at)
values ($1, $2, $3, $4, $5)
on conflict (investigation_id, seq) do nothing
returning seq;

-- name: step_body
-- The step of that number.
-- $1 uuid: investigation
-- $2 integer: number
select body from steps where investigation_id = $1 and seq = $2;

-- name: investigation_by_id
-- $1 uuid: id
-- $2 uuid: whose, or null for anybody's
select id, number, session, question, scope from investigations
where id = $1 and ($2::uuid is null or user_id = $2);

-- name: investigation_by_number
-- $1 bigint: number
-- $2 boolean: whether it is a session's
-- $3 uuid: whose, or null for anybody's
select id, number, session, question, scope from investigations
where number = $1 and session = $2 and ($3::uuid is null or user_id = $3);

-- name: steps_after
-- The steps of an investigation from a number on.
-- $1 uuid: investigation
-- $2 integer: the last one already known, -1 for none
select seq, body from steps where investigation_id = $1 and seq > $2 order by seq;

-- name: steps_of
-- The steps of some investigations, in order.
-- $1 uuid[]: investigations
select investigation_id, body from steps
where investigation_id = any($1) order by investigation_id, seq;

-- name: investigations_asking
-- Those with that question and scope, the newest first.
-- $1 text: question
-- $2 jsonb: scope
-- $3 bigint: at most
-- $4 uuid: user, or null for everybody's
select id, number, session, question, scope from investigations
where question = $1 and scope = $2 and ($4::uuid is null or user_id = $4)
order by number desc limit $3;

-- name: recent_investigations
-- The newest first, without sessions.
-- $1 bigint: at most
-- $2 uuid: whose, or null for everybody's
-- $3 bigint: only those with a lower number, or null
select id, number, session, question, scope from investigations
where not session and ($2::uuid is null or user_id = $2)
    and ($3::bigint is null or number < $3)
order by number desc limit $1;

-- name: investigations_of_conversation
-- The newest first, without sessions.
-- $1 uuid: conversation
-- $2 bigint: at most
select id, number, session, question, scope from investigations
where conversation_id = $1 and not session
order by number desc limit $2;

-- name: cost
-- What answers of models cost, summed up by one thing, the dearest first. Dollars are those that are
-- known; unpriced counts the answers whose price is not.
-- $1 text: user, model, conversation, investigation, agent or day
-- $2 uuid: whose, or null for everybody's
-- $3 timestamptz: only answers since then, or null
select
    case $1
        when 'user' then coalesce(u.email, u.name, '')
        when 'model' then s.body ->> 'model'
        when 'conversation' then coalesce(c.title, '')
        when 'investigation' then label(i)
        when 'agent' then s.body ->> 'agent'
        else to_char(s.created_at at time zone 'UTC', 'YYYY-MM-DD')
    end as name,
    case $1 when 'conversation' then c.id::text else '' end as id,
    count(*) as requests,
    count(distinct i.id) as investigations,
    sum((s.body -> 'usage' ->> 'input_tokens')::bigint)::bigint as input_tokens,
    sum((s.body -> 'usage' ->> 'cached_tokens')::bigint)::bigint as cached_tokens,
    sum((s.body -> 'usage' ->> 'output_tokens')::bigint)::bigint as output_tokens,
    sum((s.body -> 'usage' ->> 'dollars')::numeric) as dollars,
    count(*) filter (where s.body -> 'usage' ->> 'dollars' is null) as unpriced
from steps s
join investigations i on i.id = s.investigation_id
left join users u on u.id = i.user_id
left join conversations c on c.id = i.conversation_id
where s.kind = 'model_answered'
    and ($2::uuid is null or i.user_id = $2)
    and ($3::timestamptz is null or s.created_at >= $3)
group by 1, 2
order by dollars desc nulls last, input_tokens desc, name;

-- name: asked_since
-- When somebody began each investigation, and what models have cost it so far, the oldest first.
-- $1 uuid: whose
-- $2 timestamptz: those that began since
select i.created_at as at,
    coalesce(sum((s.body #>> '{usage,input_tokens}')::bigint
        + (s.body #>> '{usage,output_tokens}')::bigint), 0)::bigint as tokens,
    coalesce(sum((s.body #>> '{usage,dollars}')::numeric), 0) as dollars
from investigations i
left join steps s on s.investigation_id = i.id and s.kind = 'model_answered'
where i.user_id = $1 and not i.session and i.created_at >= $2
group by i.id order by i.created_at;

-- name: spent_by_day
-- What investigations that ended have spent, by day, model and person, newest day first.
-- $1 uuid: whose, or null for everybody's
-- $2 timestamptz: those that began since
select (i.created_at at time zone 'UTC')::date as day, coalesce(asked.body->>'model', '') as model,
    coalesce(asked.body->>'user', '') as person, count(*) as questions,
    coalesce(sum((ended.body->'usage'->>'tool_calls')::bigint), 0)::bigint as calls,
    coalesce(sum((ended.body->'usage'->>'input_tokens')::bigint), 0)::bigint as input_tokens,
    coalesce(sum((ended.body->'usage'->>'output_tokens')::bigint), 0)::bigint as output_tokens,
    sum((ended.body->'usage'->>'dollars')::numeric) as dollars,
    coalesce(sum((ended.body->'usage'->>'seconds')::float8), 0) as seconds
from investigations i
join lateral (
    select body from steps s where s.investigation_id = i.id and s.kind = 'asked'
    order by s.seq limit 1
) asked on true
join lateral (
    select body from steps s where s.investigation_id = i.id and s.kind in ('concluded', 'failed')
    order by s.seq desc limit 1
) ended on true
where ($1::uuid is null or i.user_id = $1) and i.created_at >= $2
group by 1, 2, 3 order by 1 desc, 2, 3;
