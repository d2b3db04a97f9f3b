-- Knowledge: documents cut into passages, embeddings of these, and incidents.

-- What is searched are passages; a whole document may be larger than a tsvector can be.
alter table documents
    drop column search,
    add column owner_id uuid references users (id) on delete cascade,
    add column namespace text not null default '',
    add column codes text[] not null default '{}',
    add column sha256 text not null default '';

comment on column documents.owner_id is 'whose it is; null for what everybody may read';
create unique index documents_of_owner on documents (source, owner_id) nulls not distinct
    where source <> '';

-- What a search filters by is kept with each passage and each embedding, so that one index scan
-- decides about a row.
create table passages (
    id bigint generated always as identity primary key,
    document_id uuid not null references documents (id) on delete cascade,
    seq integer not null check (seq >= 0),
    anchor text not null default '',
    heading text not null default '',
    content text not null,
    owner_id uuid references users (id) on delete cascade,
    doc_type text not null,
    namespace text not null default '',
    at timestamptz not null,
    words tsvector not null,
    unique (document_id, seq)
);

create index passages_by_words on passages using gin (words);
create index passages_of_owner on passages (owner_id);

create table embedding_models (
    model text primary key,
    dimensions integer not null check (dimensions between 1 and 4000),
    created_at timestamptz not null default now(),
    unique (model, dimensions)
);

create table embeddings (
    passage_id bigint not null references passages (id) on delete cascade,
    model text not null,
    dimensions integer not null,
    embedding vector not null check (vector_dims(embedding) = dimensions),
    owner_id uuid,
    doc_type text not null,
    namespace text not null,
    at timestamptz not null,
    primary key (passage_id, model),
    foreign key (model, dimensions) references embedding_models (model, dimensions)
        on delete cascade
);

create index embeddings_of_owner on embeddings (model, owner_id);

-- The HNSW index of one model, in half precision: half the memory, and it takes up to 4000
-- dimensions where full precision takes 2000 (pgvector documentation, HNSW).
create function create_embedding_index(p_model text) returns void
language plpgsql
set maintenance_work_mem = '512MB'
as $$
declare
    dimensions integer := (select m.dimensions from embedding_models m where m.model = p_model);
begin
    execute format(
        'create index if not exists %I on embeddings'
        ' using hnsw ((embedding::halfvec(%s)) halfvec_cosine_ops)'
        ' where model = %L and dimensions = %s',
        'embeddings_' || left(md5(p_model), 12), dimensions, p_model, dimensions);
    analyze embeddings;
end
$$;

create function drop_embedding_model(p_model text) returns void
language plpgsql as $$
begin
    execute format('drop index if exists %I', 'embeddings_' || left(md5(p_model), 12));
    delete from embedding_models where model = p_model;
end
$$;

-- How common a word is: the share of passages that hold it, from a sample. Words that are not here
-- are rare. PostgreSQL's own ranking does not weigh words by that.
create table lexemes (
    lexeme text primary key,
    share real not null
);

create table passage_changes (
    since_refresh bigint not null
);
insert into passage_changes values (0);
comment on table passage_changes is 'one row: how many passages came or went since lexemes were counted';

-- After passages came or went. Words are counted again when a fifth of the passages is other
-- ones: counting takes a second for 100,000, and a share that is a fifth off orders nothing otherwise.
create function settle_passages(p_changed bigint) returns void
language plpgsql as $$
declare
    changed bigint;
begin
    perform gin_clean_pending_list('passages_by_words');
    update passage_changes set since_refresh = since_refresh + p_changed
        returning since_refresh into changed;
    if changed * 5 >= (select reltuples from pg_class where oid = 'passages'::regclass) then
        perform refresh_lexemes();
        update passage_changes set since_refresh = 0;
    end if;
end
$$;

create function refresh_lexemes() returns void
language plpgsql as $$
declare
    total bigint;
    sample integer := 20000;
    sampled bigint;
    taken text;
begin
    perform pg_advisory_xact_lock(hashtext('refresh_lexemes'));
    analyze passages;
    total := greatest((select reltuples from pg_class where oid = 'passages'::regclass), 1);
    taken := format(
        'select words from passages tablesample system (%s) repeatable (7)',
        least(100.0, 100.0 * sample / total));
    execute format('select count(*) from (%s) s', taken) into sampled;
    delete from lexemes;
    insert into lexemes
    select word, ndoc::real / greatest(sampled, 1) from ts_stat(taken)
    where ndoc > sampled / 2000;
    analyze lexemes;
end
$$;

-- A lexeme as it is written in a tsquery.
create function quoted_lexeme(lexeme text) returns text
language sql immutable as $$
    select '''' || replace(replace(lexeme, '\', '\\'), '''', '''''') || ''''
$$;

-- Any of the words of a text.
create function any_word(text) returns tsquery
language sql immutable as $$
    select coalesce(string_agg(quoted_lexeme(lexeme), ' | '), '')::tsquery
    from unnest(to_tsvector('english', $1))
$$;

-- The passages a person may see that fit best, by words and (with an embedding) by meaning; the two
-- orders are fused by reciprocal rank (Cormack, Clarke and Büttcher, SIGIR 2009, with their 60).
--
-- The statements are put together for what is asked: a partial index is only used by a plan that
-- knows the model, and no plan is better for all filters.
create function search_passages(
    p_query text, p_embedding real[], p_model text, p_user uuid, p_mine boolean, p_types text[],
    p_namespaces text[], p_since timestamptz, p_limit integer
) returns table (passage_id bigint, score double precision, by_words bigint, by_meaning bigint)
language plpgsql stable
set hnsw.iterative_scan = 'relaxed_order'
set hnsw.ef_search = 120
set jit = off
as $$
declare
    -- Candidates of each order. One scan of the index gives 120 (ef_search): where half of what is
    -- there is somebody else's, 60 are left and no second scan is needed.
    near constant integer := 60;
    most constant integer := 1500; -- passages whose words are weighed
    total double precision;
    found integer := 0;
    matches double precision := 0;
    word record;
    lexemes text[] := '{}';
    weights double precision[] := '{}';
    some_words text := '';
    all_words text := '';
    filter text := case when p_mine then 'owner_id = $1' else '(owner_id is null or owner_id = $1)' end;
    worded text := 'select null::bigint as id, null::bigint as place where false';
    meant text := worded;
begin
    if cardinality(p_types) > 0 then filter := filter || ' and doc_type = any($2)'; end if;
    if cardinality(p_namespaces) > 0 then
        filter := filter || ' and (namespace = '''' or namespace = any($3))';
    end if;
    if p_since is not null then filter := filter || ' and at >= $4'; end if;

    total := greatest((select reltuples from pg_class where oid = 'passages'::regclass), 1);
    for word in
        select w.lexeme, coalesce(l.share, 1 / greatest(total, 2000)) as share
        from unnest(to_tsvector('english', p_query)) w left join public.lexemes l using (lexeme)
        order by share limit 16
    loop
        lexemes := lexemes || word.lexeme;
        weights := weights || ln(1 + 1 / word.share);
        all_words := concat_ws(' & ', nullif(all_words, ''), quoted_lexeme(word.lexeme));
        matches := matches + word.share * total;
        if found = 0 or matches <= most then
            some_words := concat_ws(' | ', nullif(some_words, ''), quoted_lexeme(word.lexeme));
            found := found + 1;
        end if;
    end loop;
    if found = 1 and cardinality(lexemes) > 1 and matches > 4 * most then
        some_words := all_words; -- every word is common: only together they tell something
    end if;
    if found > 0 then
        worded := format($q$
            select id, row_number() over (order by weight desc, id) as place
            from (
                select c.id, ts_rank_cd(c.words, %2$L::tsquery, 1) + (
                    select sum(w.weight * case
                        when c.words @@ w.titled then 2 when c.words @@ w.plain then 1 else 0 end)
                    from unnest(%3$L::tsquery[], %4$L::tsquery[], %5$L::float8[])
                        w (plain, titled, weight)
                ) as weight
                from (
                    select id, words from passages where words @@ %1$L::tsquery and %6$s limit %7$s
                ) c
                order by weight desc, id limit %8$s
            ) b$q$,
            some_words,
            (select string_agg(quoted_lexeme(l), ' | ') from unnest(lexemes) l),
            (select array_agg(quoted_lexeme(l)) from unnest(lexemes) l),
            (select array_agg(quoted_lexeme(l) || ':A') from unnest(lexemes) l),
            weights, filter, 2 * most, near);
    end if;
    if p_embedding is not null then
        meant := format($q$
            select id, row_number() over (order by distance, id) as place
            from (
                select passage_id as id,
                    embedding::halfvec(%1$s) <=> %2$L::halfvec(%1$s) as distance
                from embeddings
                where model = %3$L and dimensions = %1$s and %4$s
                order by embedding::halfvec(%1$s) <=> %2$L::halfvec(%1$s) limit %5$s
            ) b$q$,
            cardinality(p_embedding), p_embedding::vector, p_model, filter, near);
    end if;
    return query execute format($q$
        with worded as (%s), meant as (%s)
        select id, coalesce(1.0::float8 / (60 + w.place), 0) + coalesce(1.0::float8 / (60 + m.place), 0),
            w.place, m.place
        from worded w full join meant m using (id)
        order by 2 desc, 1 limit %s$q$, worded, meant, p_limit)
    using p_user, p_types, p_namespaces, p_since;
end
$$;

-- Incidents -----------------------------------------------------------------------------------

-- What happened, what it was and what helped, as a person said when closing it. ``features`` are
-- what similar ones are found by: finding codes, objects and log lines without their numbers.
create table incidents (
    id uuid primary key,
    number bigint generated always as identity unique,
    title text not null check (title <> ''),
    namespace text not null default '',
    owner_id uuid references users (id) on delete cascade,
    opened_by text not null check (opened_by <> ''),
    opened_at timestamptz not null,
    closed_by text not null default '',
    closed_at timestamptz,
    cause text not null default '',
    fix text not null default '',
    outcome text not null default '' check (outcome in ('', 'fixed', 'mitigated', 'passed', 'unfixed')),
    features text[] not null default '{}',
    check ((closed_at is null) = (closed_by = '')),
    check (closed_at is null or (cause <> '' and outcome <> ''))
);

create index incidents_by_features on incidents using gin (features) where closed_at is not null;

create table incident_investigations (
    incident_id uuid not null references incidents (id) on delete cascade,
    investigation_id uuid not null references investigations (id),
    attached_at timestamptz not null,
    primary key (incident_id, investigation_id)
);

create table incident_notes (
    id uuid primary key,
    incident_id uuid not null references incidents (id) on delete cascade,
    author text not null,
    text text not null,
    at timestamptz not null
);

create index incident_notes_of_incident on incident_notes (incident_id, at);
