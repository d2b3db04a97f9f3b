"""What to do next, as commands: a fix where one is safe and evident, a look, and the check."""

from __future__ import annotations

import json
import re

from workbench.agent.analyst.case import Case, Lead, workload_of
from workbench.agent.analyst.chain import Reason, began_with
from workbench.agent.analyst.environment import Reader, holding, reader
from workbench.agent.analyst.phrases import one_line, pod_names
from workbench.agent.analyst.revisions import History, history_of
from workbench.agent.notes import notes_in
from workbench.core.cluster import ObjectRef
from workbench.core.findings import Finding
from workbench.core.knowledge import Type

STEPS = 5
_INCIDENT = Type.INCIDENT.value
_ROLLED_OUT = ("Deployment", "StatefulSet", "DaemonSet")
_UNSAFE = re.compile(r"\brollout undo\b|\bdelete\b|\bdrain\b")  # only after a look at the history
_LOOKS = re.compile(r"^kubectl (?:describe|logs|get (?:pod|pods)) ")
_NEAREST = re.compile(r"the nearest is ([^;]+?) on ")
_QUANTITY = re.compile(r"^(\d+)(Ki|Mi|Gi)$")
_BAD_TEMPLATE = ("IMAGE_", "CONTAINER_START_FAILED", "CONTAINER_HOOK_FAILED")


def next_steps(leads: tuple[Lead, ...], why: Reason | None, case: Case) -> tuple[str, ...]:
    """The fix first, then the analyzers' advice, then the command that shows it worked."""
    if not leads:
        return ()
    main, *others = leads
    own = [*fix(main, why, case), *_holder_looks(main, why, case)]
    advice = _advice(main, fixed=bool(own))
    doing = [s for s in advice if not _LOOKS.match(s)]
    elsewhere = [f for lead in others for f in fix(lead, None, case)[:1] or _advice(lead)[:1]]
    steps = dict.fromkeys([*own, *doing, *advice[:1], *elsewhere, *advice])
    check = verification(main, case)
    return (*[s for s in steps if s != check][: STEPS - 1], *([check] if check else []))


def see_also(leads: tuple[Lead, ...], case: Case) -> tuple[str, ...]:
    """Where more is written about the first of the causes that anything is written about, and an
    earlier incident that had the first cause."""
    notes = notes_in(case.answers)
    written = [n for n in notes if n.type != _INCIDENT]
    about = [n for lead in leads for n in written if lead.cause.code in n.codes]
    alike = [n for n in notes if n.type == _INCIDENT and leads and leads[0].cause.code in n.codes]
    return tuple(
        f"See {n.type} “{one_line(n.title)}” ({one_line(n.source)}, {n.evidence})"
        for n in (*about[:1], *alike[:1])
    )


def _advice(lead: Lead, *, fixed: bool = False) -> list[str]:
    """What the analyzers advise; only commands where a fix says already what to do."""
    steps = [one_line(s) for s in lead.cause.next_steps]
    kept = [s for s in steps if s and not _UNSAFE.search(s)]
    return [s for s in kept if s.startswith("kubectl ")] if fixed else kept


def fix(lead: Lead, why: Reason | None, case: Case) -> list[str]:
    """Commands that would put it right and can do little harm; empty when none is evident."""
    for remedy in (
        _key(lead, why, case),
        _undo(lead, why, case),
        _selector(lead.cause),
        _memory(lead),
    ):
        if remedy:
            back = _back_out(lead, case) if remedy.startswith("kubectl set resources") else ""
            return [remedy, back] if back else [remedy]
    return []


def _back_out(lead: Lead, case: Case) -> str:
    """Back to the revision before, where the fault began with the newest one."""
    known = began_with(lead, case)
    if known is None or known.before is None or known.workload.kind not in _ROLLED_OUT:
        return ""
    number, newest = known.before.number, known.newest.number
    undo = f"kubectl rollout undo {_named(known.workload)} --to-revision={number}"
    return f"{undo}  # it began with revision {newest}"


def _key(lead: Lead, why: Reason | None, case: Case) -> str:
    """Read the variable from the only key that can be meant."""
    workload, reads, holder = workload_of(lead), reader(lead.cause), lead.cause.subject
    held = why.held if why else holding(holder, case.answers)
    if why and why.variable and why.variable.holder:
        holder = why.variable.holder
        reads = Reader(
            container=lead.cause.detail, variable=why.variable.name, key=why.variable.key
        )
    if not (reads and held and workload) or workload.kind not in _ROLLED_OUT:
        return ""
    wanted = reads.key.lower()
    near = [k for k in held.keys if wanted in k.lower() or k.lower() in wanted]
    if len(near) != 1 or not reads.container:
        return ""
    reference = "secretKeyRef" if holder.kind == "Secret" else "configMapKeyRef"
    source = {reference: {"name": holder.name, "key": near[0]}}
    env = [{"name": reads.variable, "valueFrom": source}]
    template = {"spec": {"containers": [{"name": reads.container, "env": env}]}}
    patch = json.dumps({"spec": {"template": template}}, separators=(",", ":"))
    return f"kubectl patch {_named(workload)} -p '{patch}'  # or put {reads.key} back"


def _holder_looks(lead: Lead, why: Reason | None, case: Case) -> list[str]:
    """Who keeps the object as it is, and what it holds."""
    holder = why.variable.holder if why and why.variable else lead.cause.subject
    held = holding(holder, case.answers) if holder else None
    if holder is None or held is None:
        return []
    kind, _, name = held.owner.partition(" ")
    owner = (
        f"kubectl describe {kind.lower()} {name} -n {holder.namespace}  # it writes {holder.name}"
    )
    look = f"kubectl describe {holder.kind.lower()} {holder.name} -n {holder.namespace}"
    return [owner, look] if held.owner else [look]


def _undo(lead: Lead, why: Reason | None, case: Case) -> str:
    """Back to the revision before, when only the newest one has the fault."""
    workload = workload_of(lead)
    known = history_of(workload, case.answers) if workload else None
    if workload is None or known is None or known.before is None:
        return ""
    number, variable = known.before.number, why.variable if why else None
    if _only_the_newest(lead.cause, known):
        reason = f"revision {number} still serves"
    elif variable and variable.holder is None and known.removed(variable.name):
        reason = f"revision {number} sets {variable.name}"
    else:
        return ""
    return f"kubectl rollout undo {_named(workload)} --to-revision={number}  # {reason}"


def _only_the_newest(cause: Finding, known: History) -> bool:
    """The revision before still runs pods, and what is wrong is something the newest changed."""
    before = known.before
    if before is None or not before.replicas or not cause.code.startswith(_BAD_TEMPLATE):
        return False
    images = {i for i in known.newest.images if i not in before.images}
    return bool(images) and any(i in cause.message for i in images)


def _selector(cause: Finding) -> str:
    """The selector that the nearest pods would match."""
    near = _NEAREST.search(cause.message)
    if cause.code != "SERVICE_SELECTOR_MISMATCH" or near is None:
        return ""
    pairs = [p.strip().split("=") for p in near[1].split(",")]
    if not all(len(p) == 2 for p in pairs):
        return ""
    patch = json.dumps({"spec": {"selector": dict(pairs)}}, separators=(",", ":"))
    return f"kubectl patch {_named(cause.subject)} -p '{patch}'"


def _memory(lead: Lead) -> str:
    """Twice the limit, where the kernel killed for it and the workload is one that rolls out."""
    workload, cause = workload_of(lead), lead.cause
    limits = [p.value for p in cause.evidence if p.path.endswith("resources.limits.memory")]
    quantity = _QUANTITY.match(limits[0]) if limits else None
    if cause.code != "POD_OOM_KILLED" or quantity is None or workload is None:
        return ""
    if workload.kind not in _ROLLED_OUT or not cause.detail:
        return ""
    twice = f"{int(quantity[1]) * 2}{quantity[2]}"
    return (
        f"kubectl set resources {_named(workload)} -c {cause.detail} --limits=memory={twice}"
        "  # buys time; it may be a leak"
    )


def verification(lead: Lead, case: Case) -> str:
    """The command that shows whether it is well again, for what the question is about."""
    asked = [f.subject for f in lead.symptoms if f in case.meant.findings]
    own = workload_of(lead)
    candidates = [own, *asked, lead.cause.subject, *(f.subject for f in lead.symptoms)]
    rolled = [r for r in (*asked, *candidates) if r and r.kind in _ROLLED_OUT]
    if rolled:
        return f"kubectl rollout status {_named(rolled[0])} --timeout=5m"
    return _shown(lead.cause.subject, lead.cause)


def _shown(ref: ObjectRef, cause: Finding) -> str:
    if ref.kind == "Service":
        label = f"kubernetes.io/service-name={ref.name}"
        return f"kubectl get endpointslices -n {ref.namespace} -l {label}"
    if ref.kind == "Pod" and ref.name in pod_names(cause):
        return f"kubectl get pods -n {ref.namespace}"
    where = f" -n {ref.namespace}" if ref.namespace else ""
    return f"kubectl get {ref.kind.lower()} {ref.name}{where}"


def _named(ref: ObjectRef) -> str:
    """``deployment/web -n shop``."""
    where = f" -n {ref.namespace}" if ref.namespace else ""
    return f"{ref.kind.lower()}/{ref.name}{where}"
