-- Tool servers: how to show them who we are, and the definitions of their tools as accepted.

alter table mcp_servers
    add column headers jsonb not null default '{}',
    add column oauth jsonb,
    add column prefix text;

-- By name and not by reference: servers are also named by settings and files.
create table tool_pins (
    server text not null,
    tool text not null,
    definition text not null,
    sha256 text not null,
    reads boolean not null default false,
    late boolean not null default false,
    accepted_by text not null default '',
    accepted_at timestamptz not null default now(),
    primary key (server, tool)
);
