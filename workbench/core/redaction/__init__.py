"""Secrets taken out of values and text before anybody keeps, shows or sends them.

Structure comes first: where Kubernetes says a field is a secret, its value goes whatever it looks
like. Then detectors of known formats run over free text. What goes is replaced by
``«redacted:kind»``; keys, names, uids, hashes and image digests stay, for they are what
troubleshooting lives on. There is deliberately no detector of "looks random": it would take pod
names and digests with it.
"""

from workbench.core.redaction.marks import mark
from workbench.core.redaction.names import LAST_APPLIED, names_a_secret, variable_holds_a_secret
from workbench.core.redaction.redactor import Redactor, redact_text, redact_value

__all__ = [
    "LAST_APPLIED", "Redactor", "mark", "names_a_secret", "redact_text", "redact_value",
    "variable_holds_a_secret",
]  # fmt: skip
