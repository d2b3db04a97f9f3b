"""The screens, by the last part of their address."""

from __future__ import annotations

from workbench.chat.screens.approvals import Approvals
from workbench.chat.screens.audit import Audit
from workbench.chat.screens.incidents import Incidents
from workbench.chat.screens.knowledge import Knowledge
from workbench.chat.screens.runbooks import Runbooks
from workbench.chat.screens.servers import Servers
from workbench.chat.screens.talk import Talk
from workbench.chat.screens.triage import Triage
from workbench.chat.screens.usage import UsageScreen

SCREENS = {
    "chat": Talk,
    "triage": Triage,
    "runbooks": Runbooks,
    "approvals": Approvals,
    "incidents": Incidents,
    "knowledge": Knowledge,
    "tools": Servers,
    "audit": Audit,
    "usage": UsageScreen,
}
