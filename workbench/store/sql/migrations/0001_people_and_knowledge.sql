-- People, tool servers, agents, conversations and documents.

create extension if not exists vector;

create table users (
    id uuid primary key,
    email text unique,
    name text not null,
    created_at timestamptz not null default now()
);

comment on column users.email is 'null for a local user, who is known by name alone';
create unique index users_local_name on users (name) where email is null;

create table mcp_servers (
    id uuid primary key,
    name text not null unique,
    description text not null default '',
    type text not null check (type in ('stdio', 'sse', 'streamable-http', 'websocket')),
    command text not null default '',
    args text[] not null default '{}',
    env jsonb not null default '{}',
    url text not null default '',
    enabled boolean not null default true,
    start_seconds double precision not null default 60,
    call_seconds double precision not null default 60,
    available_tools jsonb not null default '[]',
    status text not null default 'unknown',
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);

create table agent_configs (
    id uuid primary key,
    name text not null unique,
    description text not null default '',
    model text not null default '',
    system_prompt text not null default '',
    mcp_server_ids uuid[] not null default '{}',
    tools_enabled text[] not null default '{}',
    temperature double precision check (temperature >= 0),
    max_tokens integer check (max_tokens > 0),
    metadata jsonb not null default '{}',
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);

create table conversations (
    id uuid primary key,
    user_id uuid references users (id) on delete cascade,
    agent_config_id uuid references agent_configs (id) on delete set null,
    title text not null default '',
    metadata jsonb not null default '{}',
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);

create index conversations_of_user on conversations (user_id, updated_at desc);
create index conversations_of_agent on conversations (agent_config_id);

-- Embeddings: any number of dimensions in one column, one partial index per number of dimensions.

create table messages (
    id uuid primary key,
    conversation_id uuid not null references conversations (id) on delete cascade,
    role text not null check (role in ('user', 'assistant', 'system', 'tool')),
    content text not null,
    tool_calls jsonb not null default '[]',
    metadata jsonb not null default '{}',
    embedding vector,
    embedding_model text,
    embedding_dimensions integer generated always as (vector_dims(embedding)) stored,
    created_at timestamptz not null default now(),
    check ((embedding is null) = (embedding_model is null))
);

create index messages_of_conversation on messages (conversation_id, created_at, id);

create table documents (
    id uuid primary key,
    title text not null,
    content text not null,
    source text not null default '',
    doc_type text not null default '',
    metadata jsonb not null default '{}',
    embedding vector,
    embedding_model text,
    embedding_dimensions integer generated always as (vector_dims(embedding)) stored,
    search tsvector generated always as (
        setweight(to_tsvector('english', title), 'A') || to_tsvector('english', content)
    ) stored,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    check ((embedding is null) = (embedding_model is null))
);

create index documents_by_type on documents (doc_type, updated_at desc);
create index documents_by_source on documents (source);
create index documents_by_words on documents using gin (search);

-- HNSW takes up to 2000 dimensions as vector and up to 4000 as halfvec (pgvector documentation).
create function create_embedding_indexes(dimensions integer) returns void
language plpgsql as $$
declare
    kind text := case when dimensions <= 2000 then 'vector' else 'halfvec' end;
    target text;
begin
    if dimensions not between 1 and 4000 then
        raise exception 'no index for % dimensions, the limit is 4000', dimensions;
    end if;
    foreach target in array array['messages', 'documents'] loop
        execute format(
            'create index if not exists %I on %I using hnsw ((embedding::%s(%s)) %s_cosine_ops)'
            ' where embedding_dimensions = %s',
            target || '_embedding_' || dimensions, target, kind, dimensions, kind, dimensions);
    end loop;
end
$$;

select create_embedding_indexes(1536);
