"""A proposed change as a card: what it does, what it reaches, the way back, and the decision."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from workbench.chat.elements import button, facts, node, when
from workbench.core.change import Approval, ChangeState, ProposedChange, state
from workbench.core.characters import bounded, one_line
from workbench.core.duration import age
from workbench.core.investigation import ChangeApplied, Investigation
from workbench.core.render.change import reach
from workbench.core.render.html import NOTHING, Html

DIFF_MOST = 60_000
"""Characters of a diff that a card shows; a longer one cannot be decided about here."""
REASON_MOST = 2_000
COLUMNS = ("When (UTC)", "Change", "What", "On", "State", "Who", "Why")
TONES = {
    ChangeState.PROPOSED: "awaiting",
    ChangeState.APPROVED: "running",
    ChangeState.MAKING: "running",
    ChangeState.USED: "complete",
    ChangeState.FAILED: "failed",
    ChangeState.SPENT: "cancelled",
    ChangeState.DOUBTFUL: "failed",
    ChangeState.DENIED: "cancelled",
    ChangeState.EXPIRED: "cancelled",
}


def card(
    change: ProposedChange,
    approval: Approval | None,
    now: datetime,
    *,
    decides: bool,
    applied: ChangeApplied | None = None,
    opens: bool = True,
) -> Html:
    """Everything a decision rests on, and the form for one where this person may make it.

    decides: they may. applied: how it went, once it was tried. opens: they may open its evidence.
    """
    preview, where = change.preview, state(change, approval, now)
    head = node(
        "header",
        node("b", change.label),
        node("span", where.value, class_=f"state is-{TONES[where]}"),
        node("span", f"{preview.risk.value} risk", class_=f"risk is-{preview.risk.value}"),
        node("span", one_line(change.cluster, 80), class_="dim"),
    )
    dry_run = button(change.evidence, do="evidence", data_evidence=change.evidence)
    return node(
        "section",
        head,
        node("pre", preview.command or change.tool),
        node("p", change.why) if change.why else NOTHING,
        _diff(preview.diff),
        facts(
            (
                ("Reaches", _reaches(change)),
                ("Undo", preview.undo.command or preview.undo.note),
                ("Stays", preview.undo.note if preview.undo.command else ""),
                ("Allowed", _allowed(change)),
                ("Proposed", f"{when(change.at)} UTC by {one_line(change.by, 80)}"),
                ("Expires", _expires(change, where, now)),
                ("Dry run", dry_run if opens and change.evidence else ""),
            )
        ),
        *(_decided(approval) if approval else ()),
        *(_applied(applied, opens) if applied else _making(where, approval)),
        _form(change, decides) if where is ChangeState.PROPOSED else NOTHING,
        class_="change",
        id=f"change-{change.label}",
        data_inv=str(change.investigation),
    )


def row(change: ProposedChange, approval: Approval | None, now: datetime) -> Sequence[str]:
    """One that is settled, on one line."""
    where = state(change, approval, now)
    return (
        when(approval.at if approval else change.at),
        button(change.label, do="change", data_change=change.label),
        node("code", one_line(change.preview.command or change.tool, 300)),
        one_line(change.cluster, 60),
        node("span", where.value, class_=f"is-{TONES[where]}"),
        one_line(approval.approver if approval else change.by, 60),
        one_line(approval.failed or approval.reason, 200) if approval else "",
    )


def how_it_went(change: ProposedChange, found: Investigation) -> ChangeApplied | None:
    """What is recorded of making it; None before."""
    tried = (s for s in found.steps if isinstance(s, ChangeApplied) and s.change == change.label)
    return next(tried, None)


def _diff(text: str) -> Html:
    if not text:
        return node("p", "The dry run shows no difference.", class_="dim")
    tones = {"+": "plus", "-": "minus", "@": "dim"}
    shown = bounded(text.rstrip("\n"), DIFF_MOST).splitlines()
    lines = (node("span", f"{line}\n", class_=tones.get(line[:1], "")) for line in shown)
    return node("pre", *lines, class_="diff", aria_label="What changes")


def _reaches(change: ProposedChange) -> Html | str:
    told = list(reach(change.preview.blast))
    return node("ul", *(node("li", said) for said in told)) if told else "only itself"


def _allowed(change: ProposedChange) -> str:
    preview = change.preview
    why = f" ({preview.allowed_why})" if preview.allowed_why else ""
    return f"{'yes' if preview.allowed else 'no'}{why}"


def _expires(change: ProposedChange, where: ChangeState, now: datetime) -> str:
    if where is not ChangeState.PROPOSED:
        return ""
    return f"in {age(now, change.expires)}, at {change.expires:%H:%M} UTC"


def _decided(approval: Approval) -> Iterator[Html]:
    word = "Approved" if approval.approved else "Denied"
    said = f"{word} by {approval.approver} at {when(approval.at)} UTC ({approval.surface})"
    why = f": {approval.reason}" if approval.reason else "."
    yield node("p", node("b", said), why)


def _making(where: ChangeState, approval: Approval | None) -> Iterator[Html]:
    if approval and approval.signed:
        if where is ChangeState.APPROVED:
            until = f"until {when(approval.expires)} UTC"
            yield node("p", f"Signed for one run of {approval.ahead}, {until}.", class_="dim")
        elif where is ChangeState.SPENT:
            tells = f": {approval.spent_on} tells how it went." if approval.spent_on else "."
            yield node("p", f"A run of {approval.ahead} used it{tells}", class_="dim")
    elif where in (ChangeState.APPROVED, ChangeState.MAKING):
        yield node("p", "It is being made, and the cluster looked at …", class_="dim")


def _applied(applied: ChangeApplied, opens: bool) -> Iterator[Html]:
    yield node("p", applied.summary, class_="is-failed" if applied.failed else "is-complete")
    looks = (("before", applied.before), ("made", applied.evidence), ("after", applied.after))
    made = [f"{name} {label}" for name, label in looks if label]
    if made and opens:
        yield node("p", "Recorded: ", " · ".join(made), class_="dim")


def _form(change: ProposedChange, decides: bool) -> Html:
    if not decides:
        return node("p", "It waits for somebody who may approve it.", class_="dim")
    if len(change.preview.diff) > DIFF_MOST:
        return node("p", "Its diff is too long to be decided about here: use a terminal.")
    reason = node(
        "input",
        name="reason",
        maxlength=str(REASON_MOST),
        placeholder="Why (goes into the record)",
        aria_label="Why",
        autocomplete="off",
    )
    approve = node(
        "button",
        "Approve and make it",
        type="submit",
        name="word",
        value="approve",
        class_="main-button",
        data_sure="Really make it",
    )
    deny = node("button", "Deny", type="submit", name="word", value="deny", class_="second")
    return node(
        "form",
        node("div", reason, class_="long"),
        approve,
        deny,
        class_="form decision",
        data_do="decide",
        data_change=change.label,
        data_digest=change.digest,
    )
