"""Formats of credentials that are recognisable by themselves, as their issuers document them."""

from __future__ import annotations

import re
from typing import NamedTuple


class Shape(NamedTuple):
    """One format. The pattern is tried only on text that holds one of the (lower-case) needles."""

    kind: str
    needles: tuple[str, ...]
    pattern: re.Pattern[str]
    trigger: str


def _shape(kind: str, needles: str, pattern: str, trigger: str = "", flags: int = 0) -> Shape:
    """What the first group of the pattern holds, if there is one, stays.

    trigger: a pattern for the Rust engine that text holding the shape must match, where the
    needles alone would turn up in too much of it.
    """
    words = needles.split(" ")
    found = trigger or "(?i:" + "|".join(re.escape(n).replace(r"\-", "-") for n in words) + ")"
    return Shape(kind, tuple(words), re.compile(pattern, flags), found)


SHAPES = (
    _shape(
        "private-key",
        "-----begin",
        r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY(?: BLOCK)?-----.*?"
        r"(?:-----END (?:[A-Z]+ )*PRIVATE KEY(?: BLOCK)?-----|\Z)",
        flags=re.DOTALL,
    ),
    _shape("docker-config", "eyjhdxrocyi6", r"\beyJhdXRocyI6[A-Za-z0-9+/]{8,}={0,2}"),
    _shape("docker-auth", '"auth', r'("auths?"\s*:\s*")[A-Za-z0-9+/]{8,}={0,2}',
           trigger=r"(?i:auths?[^\n]{1,4}:)"),
    _shape("helm-release", "h4si sdrzs", r"\b(?:H4sI|SDRzS)[A-Za-z0-9+/]{80,}={0,2}",
           trigger=r"H4sI|SDRzS"),
    _shape("jwt", "eyj", r"\beyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?",
           trigger=r"eyJ"),
    _shape(
        "header",
        "authorization",
        r"(?i)((?:proxy-)?authorization[\"']?\s*[:=]\s*[\"']?(?:basic|bearer|token|digest|negotiate"
        r"|aws4-hmac-sha256|apikey)\s+)[^\s\"',]{4,}",
    ),
    _shape("bearer", "bearer", r"(?i)(\bbearer\s+)(?=[^\s\"']*\d)[\w.~+/-]{12,}=*",
           trigger=r"(?i:bearer\s)[^\n]{0,200}\d"),
    _shape("basic", "basic", r"(\b[Bb]asic\s+)(?=[A-Za-z+/]*\d)[A-Za-z0-9+/]{12,}={0,2}",
           trigger=r"(?i:basic\s)[^\n]{0,80}\d"),
    _shape("cookie", "cookie", r"(?i)(\b(?:set-)?cookie:\s*)[^\s;]+=[^\s;]{8,}(?:;\s*\S+)*"),
    _shape(
        "url-credentials",
        "://",
        r"(\b[a-zA-Z][a-zA-Z0-9+.-]{1,20}://[^\s/:@«'\"]{0,100}:)[^\s/'\"<>«]{1,200}(?=@)",
           trigger=r"://[^\s/]*:[^\s/]*@"),
    _shape("url-token", "://", r"(\bhttps?://)[A-Za-z0-9_]{20,100}(?=@)",
           trigger=r"://\w{20,}@"),
    _shape(
        "query",
        "sig= signature= token= key=",
        r"(?i)([?&](?:sig|x-amz-signature|x-amz-security-token|signature|access_token|api_?key|token)=)"
        r"[A-Za-z0-9%+/=_.-]{8,}",
           trigger=r"(?i:[?&](?:sig|x-amz-\S{1,20}|signature|access_token|api_?key|token)=)"),
    _shape("aws-key", "akia asia abia acca", r"\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}\b",
           trigger=r"AKIA|ASIA|ABIA|ACCA"),
    _shape("google-key", "aiza", r"\bAIza[\w-]{35}",
           trigger=r"AIza"),
    _shape("google-token", "ya29. gocspx-", r"\b(?:ya29\.[\w-]{20,}|GOCSPX-[\w-]{20,})"),
    _shape("azure-key", "accountkey= sharedaccesskey=",
           r"(?i)((?:AccountKey|SharedAccessKey)=)[A-Za-z0-9+/]{20,}={0,2}"),
    _shape("github-token", "ghp_ gho_ ghu_ ghs_ ghr_ github_pat_",
           r"\b(?:gh[pousr]_[A-Za-z0-9]{30,}|github_pat_[A-Za-z0-9_]{40,})"),
    _shape("gitlab-token", "glpat- gldt- glrt- glptt- glcbt-",
           r"\bgl(?:pat|dt|rt|ptt|cbt)-[\w.-]{16,}"),
    _shape("slack-token", "xoxb- xoxa- xoxp- xoxr- xoxs- xoxe xapp-",
           r"\b(?:xox[abeoprs](?:\.xox[bp])?|xapp)-[A-Za-z0-9-]{10,}"),
    _shape("webhook", "hooks.slack.com webhook",
           r"(https://(?:hooks\.slack\.com/(?:services|workflows)/"
           r"|(?:\w+\.)?discord(?:app)?\.com/api/webhooks/|[\w.]+\.webhook\.office\.com/))[\w/@-]{10,}",
           trigger=r"hooks\.slack|/webhooks/|webhook\.office"),
    _shape("stripe-key", "k_live_ k_test_ whsec_",
           r"\b(?:[rsp]k_(?:live|test)_[A-Za-z0-9]{16,}|whsec_[A-Za-z0-9+/]{16,})"),
    _shape("sendgrid-key", "sg.", r"\bSG\.[\w-]{16,}\.[\w-]{16,}",
           trigger=r"SG\."),
    _shape("mail-key", "key- xkeysib-",
           r"\b(?:key-[0-9a-f]{32}|xkeysib-[0-9a-f]{32,}[\w-]*)\b",
           trigger=r"key-[0-9a-f]{32}|xkeysib-"),
    _shape("twilio-key", "sk", r"\bSK[0-9a-f]{32}\b",
           trigger=r"SK[0-9a-f]{32}"),
    _shape("npm-token", "npm_", r"\bnpm_[A-Za-z0-9]{36}"),
    _shape("pypi-token", "pypi-", r"\bpypi-[\w-]{50,}"),
    _shape("model-key", "sk- gsk_ hf_ xai-",
           r"\b(?:sk-(?=[\w-]*\d)[\w-]{20,}|gsk_[A-Za-z0-9]{40,}|hf_[A-Za-z0-9]{30,}|xai-[\w-]{40,})",
           trigger=r"\bsk-|gsk_|hf_|xai-"),
    _shape("vault-token", "hvs. hvb. hvr.", r"\bhv[sbr]\.[\w-]{20,}"),
    _shape("cloud-token",
           "dop_v1_ doo_v1_ dor_v1_ dapi tskey- pul- shpat_ shpss_ lin_api_ nrak- dckr_pat_ atatt3"
           " glsa_ sntrys_",
           r"\b(?:do[por]_v1_[a-f0-9]{40,}|dapi[a-f0-9]{32}|tskey-[\w-]{20,}|pul-[a-f0-9]{40}"
           r"|shp(?:at|ss)_[a-fA-F0-9]{32}|lin_api_\w{32,}|NRAK-[A-Z0-9]{27}|dckr_pat_[\w-]{20,}"
           r"|ATATT3[\w=-]{50,}|glsa_\w{32,}|sntrys_[\w+/=]{40,})"),
    _shape("age-key", "age-secret-key-", r"\bAGE-SECRET-KEY-1[0-9A-Z]{50,}"),
    _shape("telegram-token", ":aa", r"\b\d{8,10}:AA[\w-]{33}\b",
           trigger=r"\d:AA"),
    _shape("bootstrap-token", "token",
           r"(?i)(\btoken[\"']?[:=\s]{1,3}[\"']?)[a-z0-9]{6}\.[a-z0-9]{16}\b",
           trigger=r"(?i:token\W{1,5}[a-z0-9]{6}\.)"),
    _shape("password-hash", "$2 $apr1$ $6$ $5$ $argon2",
           r"\$(?:2[aby]\$\d\d\$[./A-Za-z0-9]{53}|apr1\$[./A-Za-z0-9]{1,8}\$[./A-Za-z0-9]{22}"
           r"|[56]\$[^\s:$]{1,40}\$[./A-Za-z0-9]{43,86}|argon2id?\$\S{40,})"),
    _shape("azure-secret", "q~", r"\b[\w.~-]{3}\dQ~[\w.~-]{31,}", trigger=r"\dQ~"),
    _shape("netrc", "login", r"(?i)(\blogin\s+\S+\s+password\s+)[^\s«]+",
           trigger=r"(?i:login\s+\S+\s+password\s)"),
    _shape("curl-user", "curl", r"(\bcurl\b[^\n]*?\s(?:-u|--user)[ =]?[\"']?[^\s:\"']+:)[^\s\"'«]+",
           trigger=r"curl[^\n]*\s(?:-u|--user)"),
    _shape("command-line", "sshpass login redis-cli",
           r"(\b(?:sshpass|(?:docker|podman|registry|oras|skopeo|crane) login|redis-cli)\b[^\n|;]*?"
           r"\s-[pa][ =]?)[^\s«-][^\s«]+",
           trigger=r"(?:sshpass|login|redis-cli)[^\n]*\s-[pa]"),
    _shape("pgpass", ":54 :6432 :*:",
           r"(?m)(^\s*[\w.*-]+:(?:543\d|6432|\*):[\w.*-]+:[\w.*-]+:)[^\s:«][^\s«]{3,}",
           trigger=r":(?:543\d|6432|\*):[\w.*-]+:[\w.*-]+:"),
    _shape("redis-config", "requirepass masterauth",
           r"(?i)(\b(?:requirepass|masterauth)\s+)(?!is\b|not\b)[^\s«]{4,}"),
    _shape("sql", "identified password '",
           r"(?i)(\b(?:identified(?: with \w+)? by|with(?: encrypted)? password|set password)\s*=?\s*')[^'«]+",
           trigger=r"(?i:(?:identified(?: with \w+)? by|with(?: encrypted)? password|set password)\s*=?\s*')"),
    _shape("element", "<", r"(?i)(<(?:\w*password|secret|api-?key|token)>)[^<«]{3,}(?=</)",
           trigger=r"(?i:(?:password|secret|key|token)>)"),
    _shape("driver-url", "@tcp( @unix(", r"(\b[\w.-]+:)[^\s:@/«»]+(?=@(?:tcp|unix)\()"),
    _shape("field", "password: passwd:", r"(?i)(\b\w*passw(?:or)?d:)(?=\S)[^\s{}«\"'\\,;:*%$<]{4,}(?=[\s}])"),
)  # fmt: skip
"""Every format, in the order they are tried; earlier ones are more specific."""
