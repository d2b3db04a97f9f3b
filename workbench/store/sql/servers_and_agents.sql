-- name: save_mcp_server
-- Registers a tool server, or changes the one of that name.
-- $1 uuid: id for a new one
-- $2 text: name
-- $3 text: description
-- $4 text: transport
-- $5 text: command
-- $6 text[]: arguments
-- $7 jsonb: environment
-- $8 text: address
-- $9 boolean: enabled
-- $10 double precision: seconds to start
-- $11 double precision: seconds for a call
-- $12 jsonb: headers
-- $13 jsonb: OAuth client, or null
-- $14 text: prefix of its tools, null for its name
insert into mcp_servers (
    id, name, description, type, command, args, env, url, enabled, start_seconds, call_seconds,
    headers, oauth, prefix)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
on conflict (name) do update set
    description = excluded.description, type = excluded.type, command = excluded.command,
    args = excluded.args, env = excluded.env, url = excluded.url, enabled = excluded.enabled,
    start_seconds = excluded.start_seconds, call_seconds = excluded.call_seconds,
    headers = excluded.headers, oauth = excluded.oauth, prefix = excluded.prefix,
    updated_at = now()
returning *;

-- name: mcp_server
-- $1 text: name
select * from mcp_servers where name = $1;

-- name: mcp_servers
-- Every registered tool server, by name.
select * from mcp_servers order by name;

-- name: set_mcp_server_status
-- What a tool server was last seen doing, and its tools; its id if there is one.
-- $1 text: name
-- $2 text: status
-- $3 jsonb: tools
update mcp_servers set status = $2, available_tools = $3, updated_at = now()
where name = $1 returning id;

-- name: delete_mcp_server
-- Forgets a tool server; its id if there was one.
-- $1 text: name
delete from mcp_servers where name = $1 returning id;

-- name: save_agent_config
-- Creates an agent, or changes the one of that name.
-- $1 uuid: id for a new one
-- $2 text: name
-- $3 text: description
-- $4 text: model
-- $5 text: system prompt
-- $6 uuid[]: tool servers
-- $7 text[]: tools enabled, none for all
-- $8 double precision: temperature, or null
-- $9 integer: most tokens of an answer, or null
-- $10 jsonb: metadata
insert into agent_configs (
    id, name, description, model, system_prompt, mcp_server_ids, tools_enabled, temperature,
    max_tokens, metadata)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
on conflict (name) do update set
    description = excluded.description, model = excluded.model,
    system_prompt = excluded.system_prompt, mcp_server_ids = excluded.mcp_server_ids,
    tools_enabled = excluded.tools_enabled, temperature = excluded.temperature,
    max_tokens = excluded.max_tokens, metadata = excluded.metadata, updated_at = now()
returning *;

-- name: agent_config
-- $1 text: name
select * from agent_configs where name = $1;

-- name: agent_configs
-- Every agent, by name.
select * from agent_configs order by name;

-- name: delete_agent_config
-- Forgets an agent; its id if there was one.
-- $1 text: name
delete from agent_configs where name = $1 returning id;
