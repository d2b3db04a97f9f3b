-- name: tool_pins
-- The accepted definitions of a server's tools.
-- $1 text: server
select server, tool, definition, reads, late, accepted_by from tool_pins where server = $1;

-- name: take_tool_pin
-- Keeps a definition unless there is one of that tool already.
-- $1 text: server
-- $2 text: tool
-- $3 text: definition
-- $4 text: its SHA-256, hex
-- $5 boolean: whether it came after the server's first contact
insert into tool_pins (server, tool, definition, sha256, late)
values ($1, $2, $3, $4, $5)
on conflict (server, tool) do nothing;

-- name: accept_tool_pin
-- Keeps a definition in place of what there is.
-- $1 text: server
-- $2 text: tool
-- $3 text: definition
-- $4 text: its SHA-256, hex
-- $5 boolean: whether somebody says that it only reads
-- $6 boolean: whether it came after the server's first contact
-- $7 text: who accepts it
insert into tool_pins (server, tool, definition, sha256, reads, late, accepted_by)
values ($1, $2, $3, $4, $5, $6, $7)
on conflict (server, tool) do update set
    definition = excluded.definition, sha256 = excluded.sha256, reads = excluded.reads,
    late = excluded.late, accepted_by = excluded.accepted_by, accepted_at = now();

-- name: forget_tool_pins
-- Lets go of a server's definitions.
-- $1 text: server
delete from tool_pins where server = $1;
