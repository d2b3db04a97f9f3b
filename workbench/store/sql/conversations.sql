-- name: create_conversation
-- Creates a conversation unless the id exists.
-- $1 uuid: id, made by the caller
-- $2 uuid: user, or null
-- $3 text: title
-- $4 uuid: agent, or null
-- $5 jsonb: metadata
insert into conversations (id, user_id, title, agent_config_id, metadata)
values ($1, $2, $3, $4, $5)
on conflict (id) do nothing;

-- name: conversation
-- $1 uuid: id
-- $2 uuid: whose, or null for anybody's
select id, user_id, agent_config_id, title, metadata, created_at, updated_at,
    array(
        select distinct s.body ->> 'cluster' from investigations i
        join steps s on s.investigation_id = i.id and s.seq = 0
        where i.conversation_id = c.id and s.body ->> 'cluster' <> '' order by 1) clusters
from conversations c where id = $1 and ($2::uuid is null or user_id = $2);

-- name: conversations_of
-- The conversations of a user (of everybody for null), last used first.
-- $1 uuid: user, or null
-- $2 bigint: at most
-- $3 uuid: only those that follow this one in the list, or null
-- $4 text[]: words in small letters, each of them in the title or in a message
select id, user_id, agent_config_id, title, metadata, created_at, updated_at,
    array(
        select distinct s.body ->> 'cluster' from investigations i
        join steps s on s.investigation_id = i.id and s.seq = 0
        where i.conversation_id = c.id and s.body ->> 'cluster' <> '' order by 1) clusters
from conversations c where ($1::uuid is null or user_id = $1) and (
    $3::uuid is null
    or (updated_at, id) < (select l.updated_at, l.id from conversations l where l.id = $3))
    and not exists (
        select from unnest($4::text[]) word
        where strpos(lower(c.title), word) = 0 and not exists (
            select from messages m
            where m.conversation_id = c.id and strpos(lower(m.content), word) > 0))
order by updated_at desc, id desc limit $2;

-- name: rename_conversation
-- Gives a conversation another title; its id if there was one.
-- $1 uuid: id
-- $2 uuid: whose, or null for anybody's
-- $3 text: title
update conversations set title = $3
where id = $1 and ($2::uuid is null or user_id = $2) returning id;

-- name: delete_conversation
-- Deletes a conversation and its messages; its id if there was one.
-- $1 uuid: id
-- $2 uuid: whose, or null for anybody's
delete from conversations where id = $1 and ($2::uuid is null or user_id = $2) returning id;

-- name: add_answer
-- Adds the answer of an investigation to its conversation, unless the id exists or it has none, and
-- marks that as used.
-- $1 uuid: id, the same whoever adds it
-- $2 uuid: investigation
-- $3 text: content
-- $4 timestamptz: when
with added as (
    insert into messages (id, conversation_id, role, content, created_at)
    select $1, i.conversation_id, 'assistant', $3, $4
    from investigations i where i.id = $2 and i.conversation_id is not null
    on conflict (id) do nothing
    returning conversation_id, created_at
)
update conversations c set updated_at = greatest(c.updated_at, added.created_at)
from added where c.id = added.conversation_id;

-- name: add_message
-- Adds a message unless the id exists, and marks the conversation as used.
-- $1 uuid: id, made by the caller
-- $2 uuid: conversation
-- $3 text: role
-- $4 text: content
-- $5 jsonb: tool calls
-- $6 jsonb: metadata
-- $7 timestamptz: when
with added as (
    insert into messages (id, conversation_id, role, content, tool_calls, metadata, created_at)
    values ($1, $2, $3, $4, $5, $6, $7)
    on conflict (id) do nothing
    returning conversation_id, created_at
)
update conversations c set updated_at = greatest(c.updated_at, added.created_at)
from added where c.id = added.conversation_id;

-- name: messages_of
-- The messages of a conversation, oldest first.
-- $1 uuid: conversation
select id, conversation_id, role, content, tool_calls, metadata, created_at
from messages where conversation_id = $1 order by created_at, id;
