"""What a verdict begins with: how the question was understood, and how what it names stands."""

from __future__ import annotations

from workbench.agent.analyst.case import Case
from workbench.agent.analyst.chain import led_by
from workbench.agent.analyst.listing import listed, listed_row
from workbench.agent.analyst.phrases import enumerated
from workbench.agent.analyst.strangers import nearest
from workbench.core.cluster import ObjectRef

_LIKELIEST = "The likeliest root cause in scope"


def preface(case: Case) -> str:
    """How the question was understood, where that is not plain; what is asked and well."""
    meant = case.meant
    guessed = taken_as(case)
    if guessed:
        return guessed
    if meant.strangers and not meant.words:
        best = f"What fits {enumerated(meant.topics)} best"
        fits = best if meant.findings else _LIKELIEST
        return f"{not_here(case)}. {fits}: "
    if case.nearby:
        fine = f"No fault shows in {enumerated([str(r) for r in case.objects])} itself. "
        return f"{fine}Wrong nearby, and the likeliest reason: "
    if case.objects and not meant.findings:
        own = {a.call_id for a in case.about(case.objects)}
        hosts = [x.host for x in case.leads if own & {a.call_id for a in led_by(x, case)}]
        led = f"Its log complains about {enumerated(hosts)}. " if hosts else ""
        called = [x.host for x in case.leads if x.host and not led_by(x, case)]
        led += f"It is set up to call {enumerated(called)}. " if called and not hosts else ""
        return "".join(f"{state(ref, case)}. " for ref in case.objects) + led
    if case.broad and case.causes > 1:
        where = f"affect {enumerated(meant.namespaces)}" if meant.namespaces else "in all"
        return f"{case.causes} faults {where}; the worst: "
    return ""


def taken_as(case: Case) -> str:
    """Which object a name was taken for that is nothing's here."""
    guessed = [(w, ref) for w, ref in case.meant.guessed if w in case.meant.misnamed]
    return "".join(f"No “{word}” here; taken as {ref}. " for word, ref in guessed)


def not_here(case: Case) -> str:
    """``Nothing here is called “chekout”; the nearest name is checkout``."""
    strangers = case.meant.strangers
    words = enumerated([f"“{w}”" for w in strangers])
    known = [*listed(case.answers), *(f.subject for f in case.findings)]
    near = list(dict.fromkeys(n for w in strangers for n in nearest(w, known)))
    hint = f"; the nearest {'name is' if len(near) == 1 else 'names are'} {enumerated(near)}"
    return f"Nothing here is called {words}{hint if near else ''}"


def state(ref: ObjectRef, case: Case) -> str:
    """``Deployment shop/web is healthy: 3 of 3 replicas ready, and no fault was found in it``."""
    row = listed_row(ref, case.answers)
    ready, wanted = row.get("ready"), row.get("desired")
    if ref.kind == "Node" and isinstance(row.get("status"), str):
        return f"{ref} is {row['status']} and shows no fault itself"
    if isinstance(ready, int) and isinstance(wanted, int):
        has = f"{ready} of {wanted} replicas ready"
        if ready >= wanted > 0:
            return f"{ref} is healthy: {has}, and no fault was found in it"
        return f"{ref} has {has} and shows no fault itself"
    return f"{ref} shows no fault itself"
