"""From a proposal to a changed cluster, over a real tool server, API and database."""

from __future__ import annotations

import asyncio
import re
import shutil
import subprocess
from collections.abc import AsyncGenerator, AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from uuid_utils.compat import uuid7

from tests.kubernetes.change.cluster import snapshot
from tests.support.signing import ANN, APPROVERS
from workbench.agent.choice import ModelChoice
from workbench.bootstrap import policy, tool_hub
from workbench.core.ahead import content_hash
from workbench.core.budget import Budget
from workbench.core.change import ChangeState, state
from workbench.core.cluster import ClusterAddress, Scope
from workbench.core.investigation import (
    ChangeApplied,
    ChangeDecided,
    ChangeProposed,
    Step,
    ToolAnswered,
)
from workbench.core.render.change import change_line, change_text
from workbench.core.runbook import Runbook
from workbench.core.tools import CallContext, ToolResult
from workbench.errors import (
    OutcomeUnknown,
    StoreError,
    ToolError,
    ToolFailed,
    ToolRefused,
    ToolServerDown,
    ToolTimeout,
    UsageError,
)
from workbench.investigations.ahead import Ahead
from workbench.investigations.changes import with_proposals
from workbench.investigations.workbench import Workbench
from workbench.kubernetes.snapshots.serve.server import served
from workbench.mcp.hub import ToolHub
from workbench.mcp.stack import governed
from workbench.settings import Settings, load_settings
from workbench.store.database import Store

SCALE: dict[str, Any] = {"kind": "deploy", "name": "web", "namespace": "shop", "replicas": 3}


class Bench:
    """A workbench on a cluster that takes writes, and its clock."""

    def __init__(self, settings: Settings, hub: ToolHub, store: Store) -> None:
        self.ahead = timedelta()
        self.kubeconfig = Path(settings.kubeconfig)
        tools = governed(
            hub, store.record, cluster="change-test", judge=policy(settings).judge,
            approvals=store.changes, now=self.now,
        )  # fmt: skip
        self.wb = Workbench(
            tools=tools, store=store, address=ClusterAddress(name="change-test"),
            model=ModelChoice(spec="analyst"), budget=Budget(), user="ann", surface="cli",
            clock=self.now, new_id=uuid7,
        )  # fmt: skip

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    async def replicas(self) -> int:
        return int(await self.kubectl("get", "deploy", "web", "-o", "jsonpath={.spec.replicas}"))

    async def kubectl(self, *arguments: str) -> str:
        command = ["kubectl", "--kubeconfig", str(self.kubeconfig), "-n", "shop", *arguments]
        done = await asyncio.to_thread(
            subprocess.run, command, check=True, capture_output=True, text=True
        )
        return str(done.stdout)


async def opened(tmp_path: Path, store: Store, *, changes: bool) -> AsyncIterator[Bench]:
    config = tmp_path / "kubeconfig"
    async with served(snapshot(), kubeconfig=config, writable=True):
        settings = load_settings(kubeconfig=str(config), allow_changes=changes)
        async with tool_hub(settings) as hub:
            yield Bench(settings, hub, store)


@pytest.fixture
async def bench(tmp_path: Path, store: Store) -> AsyncIterator[Bench]:
    if shutil.which("kubectl") is None:
        pytest.skip("kubectl is not installed")
    async for one in opened(tmp_path, store, changes=True):
        yield one


@pytest.fixture
async def read_only(tmp_path: Path, store: Store) -> AsyncIterator[Bench]:
    async for one in opened(tmp_path, store, changes=False):
        yield one


async def test_a_change_is_proposed_approved_made_and_looked_at(bench: Bench) -> None:
    change = await bench.wb.propose("scale", SCALE, "more load")
    assert (change.label, change.by, change.why) == ("C-1", "ann", "more load")
    assert "+  replicas: 3" in change.preview.diff
    assert await bench.replicas() == 2
    applied = await bench.wb.approve("C-1")
    assert await bench.replicas() == 3
    assert "was changed" in applied.text
    labels = [applied.before, applied.evidence, applied.after]
    assert all([await bench.wb.evidence("", label) for label in labels])
    session = await bench.wb.store.investigations.load(change.investigation)
    assert [type(s) for s in session.steps[-2:]] == [ChangeDecided, ChangeApplied]
    kept, approval = await bench.wb.change("C-1")
    assert state(kept, approval, bench.now()) is ChangeState.USED


async def test_its_undo_puts_it_back(bench: Bench) -> None:
    change = await bench.wb.propose("scale", SCALE)
    await bench.wb.approve(change.label)
    undo = change.preview.undo
    back = await bench.wb.propose(undo.tool, undo.arguments)
    await bench.wb.approve(back.label)
    assert await bench.replicas() == 2


async def test_an_approval_is_used_once(bench: Bench) -> None:
    change = await bench.wb.propose("scale", SCALE)
    await bench.wb.approve("C-1")
    with pytest.raises(StoreError, match="approved C-1 already"):
        await bench.wb.approve("C-1")
    context = CallContext(
        investigation=change.investigation, user="ann", approval=change.id, surface="cli"
    )
    with pytest.raises(ToolRefused, match="each is good once"):
        await bench.wb.tools.call(change.tool, change.arguments, context)


async def test_an_object_that_changed_since_is_left_alone(bench: Bench) -> None:
    with pytest.raises(UsageError, match="Did you mean scale"):
        await bench.wb.propose("scal", SCALE)
    await bench.wb.propose("scale", SCALE)
    await bench.kubectl("label", "deploy", "web", "touched=yes")
    with pytest.raises(ToolFailed, match="no longer as it was"):
        await bench.wb.approve("C-1")
    assert await bench.replicas() == 2
    known = await bench.wb.change("C-1")
    assert state(*known, bench.now()) is ChangeState.FAILED
    assert list(await bench.wb.changes()) == [known]
    told = change_text(*known, bench.now())
    assert re.search(r"^ended    not made at \d.* UTC: .*no longer as it was", told, re.M)
    assert "no longer as it was" in change_line(*known, bench.now())
    with pytest.raises(StoreError, match=r"already\. It was not made: .*no longer as it was"):
        await bench.wb.approve("C-1")


class Answering:
    """The tools, but for what one that matches does: raise, or answer otherwise."""

    def __init__(self, inner: Any, tool: str, does: Exception | ToolResult, after: int = 0) -> None:
        self._inner, self._tool, self._does, self._after = inner, tool, does, after

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def call(self, name: str, *arguments: Any) -> ToolResult:
        if name.endswith(self._tool):
            self._after -= 1
            if self._after < 0:
                if isinstance(self._does, Exception):
                    raise self._does
                return self._does
        result: ToolResult = await self._inner.call(name, *arguments)
        return result


@pytest.mark.parametrize(
    ("does", "ends"),
    [
        (ToolRefused("Policy says no."), ChangeState.FAILED),
        (ToolServerDown("It does not start."), ChangeState.FAILED),
        (ToolResult(text="It would come to something else.", failed=True), ChangeState.FAILED),
        (OutcomeUnknown("It went away."), ChangeState.DOUBTFUL),
        (ToolTimeout("No answer."), ChangeState.DOUBTFUL),
    ],
)
async def test_however_making_it_ends_is_what_is_told(
    bench: Bench, does: Exception | ToolResult, ends: ChangeState
) -> None:
    await bench.wb.propose("scale", SCALE)
    bench.wb.tools = Answering(bench.wb.tools, "scale", does)
    with pytest.raises(ToolError):
        await bench.wb.approve("C-1")
    change, approval = await bench.wb.change("C-1")
    assert state(change, approval, bench.now()) is ends
    assert approval is not None
    assert approval.failed == (does.text if isinstance(does, ToolResult) else str(does.args[0]))
    kept = await bench.wb.store.investigations.load(change.investigation)
    assert [(s.failed, s.doubtful) for s in kept.steps if isinstance(s, ChangeApplied)] == [
        (True, ends is ChangeState.DOUBTFUL)
    ]


async def test_an_answer_that_does_not_know_is_not_told_as_applied(bench: Bench) -> None:
    await bench.wb.propose("scale", SCALE)
    lost = ToolResult(text="It changed, but the answer was lost", data={"sure": False})
    bench.wb.tools = Answering(bench.wb.tools, "scale", lost)
    await bench.wb.approve("C-1")
    assert state(*await bench.wb.change("C-1"), bench.now()) is ChangeState.DOUBTFUL


async def test_a_change_that_cannot_be_looked_at_after_it_was_made_was_made(bench: Bench) -> None:
    await bench.wb.propose("scale", SCALE)
    bench.wb.tools = Answering(bench.wb.tools, "diagnose", ToolTimeout("No answer."), after=1)
    with pytest.raises(ToolTimeout):
        await bench.wb.approve("C-1")
    change, approval = await bench.wb.change("C-1")
    assert state(change, approval, bench.now()) is ChangeState.USED
    last = (await bench.wb.store.investigations.load(change.investigation)).steps[-1]
    assert isinstance(last, ChangeApplied)
    assert "could not be looked at after that: No answer." in last.summary


async def test_a_look_that_fails_before_it_costs_no_approval(bench: Bench) -> None:
    await bench.wb.propose("scale", SCALE)
    bench.wb.tools = Answering(bench.wb.tools, "diagnose", ToolTimeout("No answer."))
    with pytest.raises(ToolTimeout):
        await bench.wb.approve("C-1")
    assert state(*await bench.wb.change("C-1"), bench.now()) is ChangeState.PROPOSED


async def test_a_denied_or_late_change_is_never_made(bench: Bench) -> None:
    await bench.wb.propose("scale", SCALE)
    await bench.wb.deny("C-1")
    with pytest.raises(StoreError, match="denied C-1 already"):
        await bench.wb.approve("C-1")
    await bench.wb.propose("scale", SCALE)
    bench.ahead = timedelta(hours=2)
    with pytest.raises(StoreError, match="no longer waits"):
        await bench.wb.approve("C-2")
    assert await bench.replicas() == 2


async def signed_for(bench: Bench, book: Runbook, **fields: Any) -> str:
    """The document by which ann lets one run scale it to three."""
    change = await bench.wb.propose("scale", SCALE)
    given: dict[str, Any] = {"lifetime": timedelta(hours=6)} | fields
    document, _ = await bench.wb.sign(change.label, ANN, APPROVERS, book, **given)
    return document


def headless(bench: Bench, book: Runbook, *documents: str, **fields: Any) -> Workbench:
    """The same workbench in a run of the runbook, which ci began."""
    run = bench.wb.acting_for("ci", "runbook")
    given = {
        "documents": {f"{n}.approval": text for n, text in enumerate(documents)},
        "approvers": APPROVERS,
        "sha256": content_hash(Path(book.path).read_bytes()),
    }
    run.ahead = Ahead(**given | fields)
    return run


@pytest.fixture
def book(tmp_path: Path) -> Runbook:
    path = tmp_path / "scale-out.ipynb"
    path.write_text("{}")
    return Runbook(name="scale-out", title="Scale out", path=str(path))


async def test_what_was_signed_ahead_is_made_by_one_run_and_is_on_record(
    bench: Bench, book: Runbook
) -> None:
    run = headless(bench, book, await signed_for(bench, book, reason="Friday's sale"))
    counted = '{"status": {"readyReplicas": 1}}'  # another resourceVersion
    await bench.kubectl(
        "patch", "deploy", "web", "--subresource=status", "--type=merge", "-p", counted
    )
    change = await run.propose("scale", SCALE)
    assert "+  replicas: 3" in (await run.evidence("", change.evidence)).text
    applied = await run.approve(change.label)
    assert await bench.replicas() == 3
    assert "was changed" in applied.text
    _, approval = await run.change(change.label)
    assert approval is not None
    assert (approval.approver, approval.holder, approval.surface) == ("ann", "ci", "runbook")
    steps = (await run.store.investigations.load(change.investigation)).steps
    said = [step for step in steps if isinstance(step, ChangeDecided)][-1]
    assert (said.by, said.approved) == ("ann", True)
    assert said.reason == "signed ahead as C-1 for the runbook scale-out"
    first, used = await bench.wb.change("C-1")
    assert state(first, used, bench.now()) is ChangeState.SPENT
    assert f"used up at {bench.now():%Y-%m-%d}" in change_text(first, used, bench.now())
    assert f"for {change.label}, which tells how it went" in change_text(first, used, bench.now())
    session = await bench.wb.store.investigations.load(first.investigation)
    told = next(step for step in session.steps if isinstance(step, ChangeDecided))
    assert told.reason.startswith("Friday's sale, ahead, for the runbook scale-out until ")
    await bench.kubectl("scale", "deploy", "web", "--replicas=2")
    again = await run.propose("scale", SCALE)
    with pytest.raises(ToolRefused, match=r"it was used at .* each is good once"):
        await run.approve(again.label)
    assert await bench.replicas() == 2
    assert run.ahead is not None
    another = await signed_for(bench, book)
    both = headless(bench, book, *run.ahead.documents.values(), another)
    await both.approve((await both.propose("scale", SCALE)).label)  # the first is used up
    assert await bench.replicas() == 3


async def test_it_is_good_for_nothing_else(bench: Bench, book: Runbook) -> None:
    document = await signed_for(bench, book)
    run = headless(bench, book, document)
    more = await run.propose("scale", SCALE | {"replicas": 4})
    with pytest.raises(ToolRefused, match=r"it is for C-1 \(kubectl scale"):
        await run.approve(more.label)
    for other, said in (
        (headless(bench, book, document, sha256="00" * 32), "as it was when this was signed"),
        (headless(bench, book, document, sha256=""), "nothing says which one runs here"),
        (headless(bench, book, document, approvers={}), "not among the approvers"),
        (headless(bench, book, document[:-4] + "AAAA"), "it was altered"),
        (
            headless(bench, book, "no document", document[:-4] + "AAAA"),
            "none of 2 signed approvals",
        ),
        (headless(bench, book), "nobody to ask here"),
    ):
        change = await other.propose("scale", SCALE)
        with pytest.raises(ToolRefused, match=said):
            await other.approve(change.label)
    bench.ahead = timedelta(hours=7)
    late = await run.propose("scale", SCALE)
    with pytest.raises(ToolRefused, match="it expired at"):
        await run.approve(late.label)
    bench.ahead = timedelta()
    await bench.kubectl("scale", "deploy", "web", "--replicas=5")
    change = await run.propose("scale", SCALE)
    with pytest.raises(ToolRefused, match="on the object as it was then"):
        await run.approve(change.label)
    assert await bench.replicas() == 5


async def test_what_was_signed_can_be_taken_back_and_not_everything_can_be_signed(
    bench: Bench, book: Runbook
) -> None:
    run = headless(bench, book, await signed_for(bench, book))
    await bench.wb.deny("C-1")
    change = await run.propose("scale", SCALE)
    with pytest.raises(ToolRefused, match="it was withdrawn at"):
        await run.approve(change.label)
    with pytest.raises(UsageError, match="a week at most"):
        await signed_for(bench, book, lifetime=timedelta(days=8))
    with pytest.raises(UsageError, match="not the change with the digest"):
        await signed_for(bench, book, digest="0" * 12)
    await bench.wb.deny("C-3")
    with pytest.raises(StoreError, match="denied C-3 already"):
        await bench.wb.sign("C-3", ANN, APPROVERS, book, lifetime=timedelta(hours=1))


@pytest.mark.parametrize("surface", ["runbook", "worker", "schedule"])
async def test_where_nobody_sits_nothing_is_approved(bench: Bench, surface: str) -> None:
    await bench.wb.propose("scale", SCALE)
    bench.wb.surface = surface
    with pytest.raises(ToolRefused, match="nobody to ask"):
        await bench.wb.approve("C-1")
    assert await bench.replicas() == 2


async def test_what_is_approved_is_what_was_seen(bench: Bench) -> None:
    change = await bench.wb.propose("scale", SCALE)
    for wrong in ("ab", change.digest[:4], "f" * 12):
        with pytest.raises(UsageError, match="not the change with the digest"):
            await bench.wb.approve("C-1", digest=wrong)
    await bench.wb.approve("C-1", digest=change.digest[:12])
    assert await bench.replicas() == 3


async def test_a_proposal_for_another_cluster_is_not_made_here(bench: Bench) -> None:
    change = await bench.wb.propose("scale", SCALE)
    elsewhere = msgspec.structs.replace(change, id=uuid7(), cluster="prod")
    kept = await bench.wb.store.changes.propose(elsewhere)
    with pytest.raises(UsageError, match="is about prod"):
        await bench.wb.approve(kept.label)


async def test_calling_a_change_tool_without_an_approval_is_refused(bench: Bench) -> None:
    change = await bench.wb.propose("scale", SCALE)
    with pytest.raises(ToolRefused, match="a person has to approve it first"):
        await bench.wb.call("scale", change.arguments)
    assert await bench.replicas() == 2


async def test_a_default_installation_has_no_change_to_propose(read_only: Bench) -> None:
    with pytest.raises(UsageError, match="Changes are off here"):
        await read_only.wb.propose("scale", SCALE)
    names = {t.remote_name for t in await read_only.wb.tools.list()}
    assert not names & {"scale", "apply", "delete_pod", "preview_change"}


async def test_what_an_agent_tries_is_proposed_and_not_made(bench: Bench) -> None:
    kept = await bench.wb.store.investigations.create(uuid7(), "why?", Scope(), bench.now())
    context = CallContext(investigation=kept.id, user="ann", surface="cli")
    asked = {"tool": "scale", "arguments": SCALE}

    async def agent() -> AsyncGenerator[Step]:
        result = await bench.wb.tools.call("kube_preview_change", asked, context)
        await bench.wb.tools.settled()
        yield ToolAnswered(
            at=bench.now(), call_id="1", tool="kube_preview_change", evidence=result.evidence
        )

    steps = [step async for step in with_proposals(bench.wb, kept.id, agent())]
    assert isinstance(steps[1], ChangeProposed)
    assert (steps[1].change, steps[1].risk) == ("C-1", "low")
    change, approval = await bench.wb.change("C-1")
    assert (change.investigation, approval) == (kept.id, None)
    assert await bench.replicas() == 2
