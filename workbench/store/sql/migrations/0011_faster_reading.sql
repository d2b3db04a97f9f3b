-- Search in less time, words counted less often, and the index that sums of costs are read from.

-- After passages came or went. Words are counted again when a fifth of the passages is other
-- ones: counting takes a second for 100,000, and a share that is a fifth off orders nothing otherwise.
create or replace function settle_passages(p_changed bigint) returns void
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

-- The passages a person may see that fit best, by words and (with an embedding) by meaning; the two
-- orders are fused by reciprocal rank (Cormack, Clarke and Büttcher, SIGIR 2009, with their 60).
--
-- The statements are put together for what is asked: a partial index is only used by a plan that
-- knows the model, and no plan is better for all filters.
create or replace function search_passages(
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

-- What answers of models cost is read from one kind of step of many, by time.
create index steps_of_models on steps (created_at) include (investigation_id)
    where kind = 'model_answered';
