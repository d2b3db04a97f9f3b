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
select id, user_id, agent_config_id, title, metadata, created_at, updated_at
from conversations where id = $1;

-- name: conversations_of
-- The conversations of a user (of everybody for null), last used first.
-- $1 uuid: user, or null
-- $2 bigint: at most
select id, user_id, agent_config_id, title, metadata, created_at, updated_at
from conversations where $1::uuid is null or user_id = $1
order by updated_at desc, id desc limit $2;

-- name: delete_conversation
-- Deletes a conversation and its messages; its id if there was one.
-- $1 uuid: id
delete from conversations where id = $1 returning id;

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
