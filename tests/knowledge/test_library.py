"""Documents are taken in once, found by whoever may see them, and by nobody else."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from tests.support.model_servers.embeddings import EmbeddingsServer
from tests.support.postgres import connected, new_id
from workbench.core.knowledge import ANYTHING, CHECKED, Filters, Type
from workbench.errors import EmbedderUnavailable, UsageError
from workbench.knowledge.embedder import EmbedderChoice, open_embedder
from workbench.knowledge.library import Library
from workbench.knowledge.places import Place, places
from workbench.store.conversations import Message, Role
from workbench.store.database import Store

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def page(source: str, text: str, at: datetime = NOW) -> Place:
    return Place(source=source, name=source, load=lambda: text.encode(), at=at)


def served(store: Store, by: EmbeddingsServer | EmbedderChoice) -> Library:
    choice = by if isinstance(by, EmbedderChoice) else by.choice
    return Library(store.passages, new_id, lambda: open_embedder(choice))


async def sources(
    library: Library, query: str, user: UUID, filters: Filters = ANYTHING, limit: int = 8
) -> list[str]:
    found = await library.search(query, user, filters, limit)
    return [p.source for p in found.passages]


async def test_the_shipped_notes_are_found_without_anything_being_set(
    library: Library, ann: UUID
) -> None:
    found = await library.search("container killed, out of memory", ann, limit=3)
    assert "notes/pod-oom-killed.md" in [p.source for p in found.passages]
    assert found.how == "full text; no embedder is set"
    assert (await sources(library, "POD_CRASH_LOOP", ann))[0] == "notes/pod-crash-loop.md"
    assert (await sources(library, "crash loop back off", ann))[0] == "notes/pod-crash-loop.md"


async def test_a_passage_says_where_it_is_from_and_what_fits(library: Library, ann: UUID) -> None:
    text = "# Shop\n\nintro\n\n## Zylinder\n\nThe frobnicator of the shop needs oil."
    await library.ingest([page("docs/shop.md", text)], None)
    (first, *_) = (await library.search("frobnicator oil", ann)).passages
    assert first.address == "docs/shop.md#zylinder"
    assert first.heading == "Shop > Zylinder"
    assert [first.snippet[a:b] for a, b in first.highlights] == ["frobnicator", "oil"]


async def test_what_has_not_changed_is_not_taken_in_again(
    library: Library, ann: UUID, tmp_path: Path
) -> None:
    (tmp_path / "a.md").write_text("# A\nalpha")
    (tmp_path / "b.md").write_text("# B\nbeta")
    first = await library.ingest(places(str(tmp_path), NOW), ann)
    assert (first.added, first.unchanged) == (2, 0)
    again = await library.ingest(places(str(tmp_path), NOW), ann)
    assert (again.added, again.unchanged) == (0, 2)
    (tmp_path / "a.md").write_text("# A\nomega")
    changed = await library.ingest(places(str(tmp_path), NOW), ann)
    assert (changed.added, changed.unchanged) == (1, 1)
    assert await sources(library, "alpha", ann) == []
    assert len(await sources(library, "omega", ann)) == 1


async def test_stopped_in_the_middle_the_next_run_goes_on(library: Library, ann: UUID) -> None:
    loaded: list[str] = []

    def place(number: int, stop: bool) -> Place:
        def load() -> bytes:
            if stop and number == 150:
                raise KeyboardInterrupt
            loaded.append(f"{number}")
            return f"# T{number}\nword{number}".encode()

        return Place(source=f"d/{number}.md", name=f"d/{number}.md", load=load, at=NOW)

    async def until_stopped() -> None:
        with pytest.raises(KeyboardInterrupt):
            await library.ingest((place(n, True) for n in range(200)), ann)

    await until_stopped()
    report = await library.ingest((place(n, False) for n in range(200)), ann)
    assert (report.added, report.unchanged) == (200 - 128, 128)
    assert len(await library.shelf.kept(ann)) == 200


async def test_what_cannot_be_read_leaves_no_rows_and_holds_nothing_up(
    library: Library, ann: UUID, store: Store
) -> None:
    bad = Place(source="bad.pdf", name="bad.pdf", load=lambda: b"%PDF-1.7 no", at=NOW)
    long = page("long.md", "x" * 1_000_000)
    report = await library.ingest([bad, page("good.md", "# G\nfine"), long], ann)
    assert report.added == 1
    assert [one.source for one in report.refused] == ["bad.pdf", "long.md"]
    assert [one.source for one in await store.passages.kept(ann)] == ["good.md"]


async def test_nobody_finds_what_is_somebody_elses(
    library: Library, ann: UUID, bob: UUID, store: Store, database: str
) -> None:
    async with EmbeddingsServer() as server, served(store, server) as with_meaning:
        await library.ingest([page("mine.md", "# Diary\nquokka plans")], ann)
        await library.ingest([page("all.md", "# Zoo\nquokka food")], None)
        await with_meaning.embed()
        for searched in (library, with_meaning):
            for filters in (ANYTHING, Filters(mine=True), Filters(types=(Type.PAGE,))):
                assert "mine.md" not in await sources(searched, "quokka plans", bob, filters, 100)
            assert "mine.md" in await sources(searched, "quokka plans", ann)
            assert await sources(searched, "quokka plans", ann, Filters(mine=True)) == ["mine.md"]
    assert [d.source for d in await store.passages.kept(bob, (Type.PAGE,))] == ["all.md"]
    assert await store.passages.remove("mine.md", bob) == ()
    async with connected(database) as connection:
        await connection.execute("delete from users where id = $1", ann)
        left = "select count(*) from passages where content like '%plans%'"
        assert await connection.fetchval(left) == 0
        assert await connection.fetchval("select count(*) from embeddings") > 0


async def test_one_source_may_be_kept_for_several_people(
    library: Library, ann: UUID, bob: UUID
) -> None:
    await library.ingest([page("notes.md", "# N\nkiwi")], ann)
    await library.ingest([page("notes.md", "# N\nmango")], bob)
    assert await sources(library, "kiwi", bob) == []
    assert await sources(library, "mango", bob) == ["notes.md"]


async def test_a_conversation_is_found_by_its_owner_and_only_when_asked_for(
    library: Library, ann: UUID, bob: UUID, store: Store
) -> None:
    conversation = new_id()
    await store.conversations.create(conversation, user=ann, title="why is the zebra slow?")
    for role, words in ((Role.USER, "why is the zebra slow?"), (Role.ASSISTANT, "It has no hay.")):
        said = Message(
            id=new_id(), conversation=conversation, role=role, content=words, at=datetime.now(UTC)
        )
        await store.conversations.add_message(said)
    assert await library.remember(ann) == 1
    assert await library.remember(ann) == 0
    assert await library.remember(bob) == 0
    only = Filters(types=(Type.CONVERSATION,))
    assert await sources(library, "zebra hay", ann, only) == [f"conversation:{conversation}"]
    assert await sources(library, "zebra hay", ann, Filters(types=CHECKED)) == []
    assert await sources(library, "zebra hay", bob, only) == []


async def test_filters_leave_out_types_namespaces_and_what_is_old(
    library: Library, ann: UUID
) -> None:
    shop = "---\nnamespace: shop\ntype: runbook\n---\n# A\npangolin"
    old = page("old.md", "# B\npangolin", NOW - timedelta(days=400))
    await library.ingest([page("shop.md", shop), old], ann)
    assert await sources(library, "pangolin", ann, Filters(types=(Type.RUNBOOK,))) == ["shop.md"]
    assert await sources(library, "pangolin", ann, Filters(namespaces=("other",))) == ["old.md"]
    recent = Filters(since=NOW - timedelta(days=1))
    assert await sources(library, "pangolin", ann, recent) == ["shop.md"]


async def test_a_secret_is_taken_out_before_anything_is_kept(
    library: Library, ann: UUID, store: Store
) -> None:
    async with EmbeddingsServer() as server, served(store, server) as sending:
        await sending.ingest([page("a.md", "# Setup\npassword: hunter2hunter2 for the okapi")], ann)
        await sending.embed()
        (found,) = (await library.search("okapi", ann)).passages
        assert "hunter2hunter2" not in found.text
        assert not any("hunter2hunter2" in text for text in server.texts)
        assert any("okapi" in text for text in server.texts)


@pytest.mark.parametrize(
    "query", ["'; drop table documents; --", "a & | ! :*", "\\", "<->", "ü\0x", "('"]
)
async def test_any_text_can_be_searched_for(library: Library, ann: UUID, query: str) -> None:
    await library.search(query, ann)
    with pytest.raises(UsageError):
        await library.search("  ", ann)


async def test_what_speaks_of_it_comes_before_what_mentions_it(library: Library, ann: UUID) -> None:
    elsewhere = " ".join(f"w{n}" for n in range(50))
    mentions = f"# Rounds\n\n{elsewhere} cooling {elsewhere} pump {elsewhere} alarm {elsewhere}\n"
    speaks = "# Rounds\n\nThe cooling pump needs cooling: pump, pump again, then stop the pump.\n"
    await library.ready()
    await library.ingest([page("mentions.md", mentions), page("speaks.md", speaks)], ann)
    mine = Filters(mine=True)
    assert (await sources(library, "cooling pump alarm", ann, mine))[0] == "speaks.md"


@pytest.mark.parametrize("short", ["pvc", "PVC stuck", "(pvc)"])
async def test_kinds_are_found_by_their_short_names(
    library: Library, ann: UUID, short: str
) -> None:
    await library.ingest([page("c.md", "# Disks\n\nA PersistentVolumeClaim is a wish.\n")], ann)
    mine = Filters(mine=True)
    assert await sources(library, short, ann, mine) == ["c.md"]
    assert await sources(library, "my-pvc", ann, mine) == []


async def test_meaning_finds_what_no_word_names(library: Library, ann: UUID, store: Store) -> None:
    async with EmbeddingsServer() as server, served(store, server) as hybrid:
        await hybrid.ingest([page("z.md", "# Zzz\nzzzz zzz zzzzz")], ann)
        await hybrid.ready()
        before = await hybrid.search("zz", ann)
        assert before.passages == ()
        assert "nothing is embedded by openai:letters yet" in before.how
        count = await hybrid.embed()
        assert count == await embedded(store)
        after = await hybrid.search("zz", ann)
        assert after.how == "hybrid: full text and openai:letters"
        assert after.passages[0].source == "z.md"
        assert (after.passages[0].by_words, after.passages[0].by_meaning) == (0, 1)


async def embedded(store: Store) -> int:
    return sum(model.passages for model in await store.passages.models())


async def test_without_an_answer_from_the_embedder_words_serve_and_it_is_said(
    ann: UUID, store: Store
) -> None:
    async with EmbeddingsServer() as server, served(store, server) as hybrid:
        await hybrid.ready()
        await hybrid.embed()
        server.status = 400
        found = await hybrid.search("POD_CRASH_LOOP", ann)
    assert found.passages[0].source == "notes/pod-crash-loop.md"
    assert found.how.startswith("full text; openai:letters gave no embeddings")


async def test_embedding_goes_on_where_it_stopped(ann: UUID, store: Store) -> None:
    async with EmbeddingsServer() as server, served(store, server) as hybrid:
        await hybrid.ready()
        server.fail_after = 1
        with pytest.raises(EmbedderUnavailable, match="no embeddings today") as refused:
            await hybrid.embed()
        done = await embedded(store)
        assert done == 64
        left = len(await store.passages.kept(ann)) - done
        assert f"Not embedded yet: {left} passages, found by words" in refused.value.hint
        assert "`workbench knowledge reembed` goes on" in refused.value.hint
        server.fail_after = 1_000_000
        rest = await hybrid.embed()
        assert rest == len(await store.passages.kept(ann)) - done
        assert len(server.texts) == len(set(server.texts))
        assert await hybrid.embed() == 0
        assert await hybrid.embed(again=True) == done + rest


async def test_nothing_is_forgotten_for_a_model_that_does_not_answer(
    ann: UUID, store: Store
) -> None:
    async with EmbeddingsServer() as server, served(store, server) as hybrid:
        await hybrid.ready()
        kept = await hybrid.embed()
        server.status = 400
        with pytest.raises(EmbedderUnavailable):
            await hybrid.embed(again=True)
        assert await embedded(store) == kept


async def test_a_model_that_changes_its_dimensions_is_refused_and_leaves_no_rows(
    ann: UUID, store: Store
) -> None:
    async with EmbeddingsServer() as server, served(store, server) as hybrid:
        await hybrid.ready()
        await hybrid.embed()
        server.dimensions = 30
        await hybrid.ingest([page("z.md", "# Z\nzebra")], ann)
        before = await embedded(store)
        with pytest.raises(EmbedderUnavailable, match="30 dimensions and gave 27"):
            await hybrid.embed()
        assert await embedded(store) == before
        assert "now gives 30 dimensions" in (await hybrid.search("zebra", ann)).how
        assert await hybrid.embed(again=True) == before + 1
        assert (await hybrid.search("zebra", ann)).how.startswith("hybrid")


async def test_models_live_side_by_side(ann: UUID, store: Store) -> None:
    async with EmbeddingsServer() as server:
        choices = [server.choice, EmbedderChoice(
            spec="openai:letters@3000", openai_base_url=server.choice.openai_base_url
        )]  # fmt: skip
        for choice in choices:
            async with served(store, choice) as hybrid:
                await hybrid.ready()
                await hybrid.embed()
                assert (await hybrid.search("crash", ann)).how.endswith(choice.spec)
        models = {m.model: m.dimensions for m in await store.passages.models()}
        assert models == {"openai:letters": 27, "openai:letters@3000": 3000}


async def test_the_index_of_the_model_is_used(ann: UUID, store: Store, database: str) -> None:
    async with EmbeddingsServer() as server, served(store, server) as hybrid:
        await hybrid.ready()
        await hybrid.embed()
    async with connected(database) as connection:
        await connection.execute("set enable_seqscan = off; set enable_sort = off")
        text = (
            "explain select passage_id from embeddings where model = 'openai:letters' and"
            " dimensions = 27 order by embedding::halfvec(27) <=> (select"
            " embedding::halfvec(27) from embeddings limit 1) limit 5"
        )
        plan = "\n".join(row[0] for row in await connection.fetch(text))
        assert "Index Scan using embeddings_" in plan


async def test_two_processes_may_begin_at_once(store: Store, ann: UUID) -> None:
    libraries = [Library(store.passages, new_id) for _ in range(4)]
    await asyncio.gather(*(one.ready() for one in libraries))
    kept = await store.passages.kept(ann)
    assert len({d.source for d in kept}) == len(kept)
