"""A fix that is evident and can do little harm, tried as a dry run and so proposed to a person."""

from __future__ import annotations

import re
from typing import Any

from workbench.agent.analyst import offers as role
from workbench.agent.analyst.case import consider
from workbench.agent.analyst.chain import reason
from workbench.agent.analyst.commands import fix
from workbench.agent.analyst.elsewhere import refuted
from workbench.agent.analyst.offers import Call, Offer, call
from workbench.agent.answers import Answer

_ON = r"(?P<kind>\w+)/(?P<name>[\w.-]+) -n (?P<namespace>[\w-]+)"
_UNDO = re.compile(rf"kubectl rollout undo {_ON} --to-revision=(?P<to_revision>\d+)")
_MEMORY = re.compile(
    rf"kubectl set resources {_ON} -c (?P<container>[\w-]+) --limits=memory=(?P<memory>\w+)"
)


def proposals(
    question: str, offers: tuple[Offer, ...], answers: tuple[Answer, ...]
) -> tuple[Call, ...]:
    """The dry run of the first fix that one of the change tools can make; none where there is no
    such tool, or it was tried already."""
    if any(role.role(a.remote_name) == role.PREVIEW for a in answers):
        return ()
    case = consider(question, answers)
    leads = [lead for lead in case.leads if not refuted(lead, case)]
    for command in fix(leads[0], reason(leads[0], case), case) if leads else []:
        change = as_change(command)
        tried = change and call(offers, role.PREVIEW, tool=change[0], arguments=change[1])
        if tried:
            return (tried,)
    return ()


def as_change(command: str) -> tuple[str, dict[str, Any]] | None:
    """The change tool and arguments that do what a command of ours does; None for another."""
    undo, memory = _UNDO.match(command), _MEMORY.match(command)
    if undo:
        return "rollout_undo", {**undo.groupdict(), "to_revision": int(undo["to_revision"])}
    if memory:
        given = memory.groupdict()
        limits = {"memory": given.pop("memory")}
        return "set_resources", {**given, "limits": limits}
    return None
