-- name: known_documents
-- What is kept under these sources for one owner, and the hash of what it was made from.
-- $1 text[]: sources
-- $2 uuid: owner, or null for what everybody may read
select source, sha256 from documents where source = any($1) and owner_id is not distinct from $2;

-- name: lock_documents
-- One writer at a time: two that take in the same documents would both find none there.
select pg_advisory_xact_lock(hashtext('documents'));

-- name: forget_documents
-- Deletes documents with their passages by source; how many there were.
-- $1 text[]: sources
-- $2 uuid: owner, or null for what everybody may read
with gone as (
    delete from documents where source = any($1) and owner_id is not distinct from $2 returning 1
)
select count(*) from gone;

-- name: add_documents
-- $1 uuid[]: ids
-- $2 text[]: titles
-- $3 text[]: texts
-- $4 text[]: sources
-- $5 text[]: types
-- $6 jsonb[]: metadata
-- $7 uuid: owner, or null for what everybody may read
-- $8 text[]: namespaces
-- $9 text[]: finding codes, separated by spaces
-- $10 text[]: hashes
-- $11 timestamptz[]: when they were written
insert into documents (
    id, title, content, source, doc_type, metadata, owner_id, namespace, codes, sha256, created_at,
    updated_at)
select d.id, title, content, source, doc_type, metadata, $7, namespace,
    string_to_array(codes, ' '), sha256, at, at
from unnest(
    $1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::jsonb[], $8::text[],
    $9::text[], $10::text[], $11::timestamptz[]
) d (id, title, content, source, doc_type, metadata, namespace, codes, sha256, at);

-- name: add_passages
-- $1 uuid[]: documents
-- $2 integer[]: numbers within them
-- $3 text[]: anchors
-- $4 text[]: headings
-- $5 text[]: texts
-- $6 text[]: more words to find the headings by
-- $7 text[]: more words to find the texts by
insert into passages (
    document_id, seq, anchor, heading, content, owner_id, doc_type, namespace, at, words)
select p.document_id, p.seq, p.anchor, p.heading, p.content, d.owner_id, d.doc_type, d.namespace,
    d.updated_at,
    setweight(to_tsvector('english', p.heading || ' ' || p.heading_words), 'A')
        || to_tsvector('english', p.content || ' ' || p.words)
from unnest(
    $1::uuid[], $2::integer[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[]
) p (document_id, seq, anchor, heading, content, heading_words, words)
join documents d on d.id = p.document_id
order by p.document_id, p.seq;

-- name: settle_passages
-- After passages were added or removed: what ranking needs to know about all of them.
-- $1 bigint: how many
select settle_passages($1);

-- name: search_passages
-- The passages that fit best, the best first, with the words that were asked for marked.
-- $1 text: what is asked
-- $2 real[]: its embedding, or null
-- $3 text: model of the embedding
-- $4 uuid: who asks: sees what is theirs and what is everybody's
-- $5 boolean: only what is theirs
-- $6 text[]: types, or none for all
-- $7 text[]: namespaces, or none for all; what belongs to none is always among them
-- $8 timestamptz: written since, or null
-- $9 integer: at most
select p.id, p.anchor, p.heading, p.content, p.seq, d.id as document_id, d.title, d.source,
    d.doc_type, d.namespace, d.codes, d.updated_at, d.owner_id, s.score, s.by_words, s.by_meaning,
    ts_headline('english', p.content, any_word($1),
        'StartSel="' || chr(2) || '", StopSel="' || chr(3) || '", MaxWords=40, MinWords=20')
        as snippet
from search_passages($1, $2, $3, $4, $5, $6, $7, $8, $9) s
join passages p on p.id = s.passage_id
join documents d on d.id = p.document_id
order by s.score desc, p.id;

-- name: documents_seen_by
-- Documents of a person and everybody's, by source.
-- $1 uuid: who asks
-- $2 text[]: types, or none for all
select d.id, d.title, d.source, d.doc_type, d.namespace, d.codes, d.updated_at, d.owner_id,
    (select count(*) from passages p where p.document_id = d.id) as passages
from documents d
where (d.owner_id is null or d.owner_id = $1) and (cardinality($2::text[]) = 0 or d.doc_type = any($2))
order by d.source;

-- name: remove_documents
-- Removes what a person may remove: their own, and everybody's; the sources that went.
-- $1 text: source; what lies under it as a folder goes too
-- $2 uuid: who asks
delete from documents
where (owner_id is null or owner_id = $2)
    and (source = $1 or starts_with(source, rtrim($1, '/') || '/'))
returning source;

-- name: embedding_model
-- Dimensions of a model whose embeddings are kept.
-- $1 text: model
select dimensions from embedding_models where model = $1;

-- name: ensure_embedding_model
-- $1 text: model
-- $2 integer: dimensions
insert into embedding_models (model, dimensions) values ($1, $2) on conflict (model) do nothing;

-- name: passages_without_embedding
-- Passages that a model has not seen yet, in order.
-- $1 text: model
-- $2 bigint: at most
select p.id, p.heading, p.content from passages p
where not exists (select from embeddings e where e.passage_id = p.id and e.model = $1)
order by p.id limit $2;

-- name: count_without_embedding
-- $1 text: model
select count(*) from passages p
where not exists (select from embeddings e where e.passage_id = p.id and e.model = $1);

-- name: add_embeddings
-- Keeps embeddings of passages that are still there.
-- $1 bigint[]: passages
-- $2 text: model
-- $3 integer: dimensions
-- $4 text[]: embeddings, as pgvector writes them
insert into embeddings (
    passage_id, model, dimensions, embedding, owner_id, doc_type, namespace, at)
select p.id, $2, $3, e.embedding::vector, p.owner_id, p.doc_type, p.namespace, p.at
from unnest($1::bigint[], $4::text[]) e (passage_id, embedding)
join passages p on p.id = e.passage_id
on conflict (passage_id, model) do nothing;

-- name: index_embeddings
-- Makes the index of a model unless it is there.
-- $1 text: model
select create_embedding_index($1);

-- name: drop_embedding_model
-- Forgets a model with its embeddings and their index.
-- $1 text: model
select drop_embedding_model($1);

-- name: embedding_models
-- Each model with its dimensions and how many passages it has seen.
select m.model, m.dimensions,
    (select count(*) from embeddings e where e.model = m.model) as passages
from embedding_models m order by m.model;

-- name: own_messages
-- What a person and their assistant said, a row a message, oldest first.
-- $1 uuid: whose
select c.id, c.title, c.updated_at, m.role, m.content
from conversations c join messages m on m.conversation_id = c.id
where c.user_id = $1 and m.role in ('user', 'assistant')
order by c.updated_at, c.id, m.created_at, m.id;
