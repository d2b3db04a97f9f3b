-- Words are weighed by how often a passage says them and by its length, and not only by whether it
-- does. Embeddings are searched as before.

-- The passages a person may see that fit best, by words and (with an embedding) by meaning; the two
-- orders are fused by reciprocal rank (Cormack, Clarke and Büttcher, SIGIR 2009, with their 60).
--
-- Of the passages that hold a word of the question, those that hold the rarest are kept; these are
-- ordered by how often they say each word, for their length, with the weights and constants that are
-- usual (Robertson and Zaragoza, The Probabilistic Relevance Framework, 2009: k1 1.2, b 0.75), a word in a
-- heading counting twice, and by how near each other the words stand.
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
    terms text[] := '{}';
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
        from unnest(to_tsvector('english', p_query)) w left join lexemes l using (lexeme)
        order by share limit 16
    loop
        terms := terms || word.lexeme;
        weights := weights || ln(1 + 1 / word.share);
        all_words := concat_ws(' & ', nullif(all_words, ''), quoted_lexeme(word.lexeme));
        matches := matches + word.share * total;
        if found = 0 or matches <= most then
            some_words := concat_ws(' | ', nullif(some_words, ''), quoted_lexeme(word.lexeme));
            found := found + 1;
        end if;
    end loop;
    if found = 1 and cardinality(terms) > 1 and matches > 4 * most then
        some_words := all_words; -- every word is common: only together they tell something
    end if;
    if found > 0 then
        worded := format($q$
            select id, row_number() over (order by weight desc, id) as place
            from (
                select t.id, ts_rank_cd(t.words, %2$L::tsquery, 1) + (
                    select sum(w.weight * o.times * 2.2
                        / (o.times + 1.2 * (0.25 + 0.75 * t.size / t.usual)))
                    from unnest(%9$L::text[], %5$L::float8[]) w (lexeme, weight)
                    join (
                        select u.lexeme, cardinality(u.positions)
                            + cardinality(array_positions(u.weights, 'A')) as times
                        from unnest(t.words) u
                    ) o using (lexeme)
                ) as weight
                from (
                    select c.id, c.words, length(c.words)::float8 as size,
                        avg(length(c.words)) over () as usual
                    from (
                        select p.id, p.words, (
                            select sum(w.weight * case
                                when p.words @@ w.titled then 2 when p.words @@ w.plain then 1
                                else 0 end)
                            from unnest(%3$L::tsquery[], %4$L::tsquery[], %5$L::float8[])
                                w (plain, titled, weight)
                        ) as held
                        from (
                            select id, words from passages
                            where words @@ %1$L::tsquery and %6$s limit %7$s
                        ) p
                        order by held desc, id limit %8$s
                    ) c
                ) t
            ) b$q$,
            some_words,
            (select string_agg(quoted_lexeme(l), ' | ') from unnest(terms) l),
            (select array_agg(quoted_lexeme(l)) from unnest(terms) l),
            (select array_agg(quoted_lexeme(l) || ':A') from unnest(terms) l),
            weights, filter, 2 * most, near, terms);
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

-- Replacing a function gives it the caller's rights; this one has its owner's (see row security).
do $$
declare
    places text := concat_ws(', ', quote_ident(current_schema()), (
        select quote_ident(nspname) from pg_extension e join pg_namespace n on n.oid = extnamespace
        where extname = 'vector' and nspname <> current_schema()), 'pg_temp');
    target regprocedure := (
        select p.oid from pg_proc p
        where p.pronamespace = current_schema()::regnamespace and p.proname = 'search_passages');
begin
    execute format('alter function %s security definer set search_path = %s', target, places);
end
$$;
