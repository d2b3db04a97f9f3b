"""Formats of credentials that are recognisable by themselves, as their issuers document them."""

from __future__ import annotations

import re
from typing import NamedTuple


class Shape(NamedTuple):
    """One format. The pattern is tried only on text that holds one of the (lower-case) needles."""

    kind: str
    needles: tuple[str, ...]
    pattern: re.Pattern[str]
    replacement: str


def _shape(kind: str, needles: str, pattern: str, keep: str = "", flags: int = 0) -> Shape:
    return Shape(
        kind, tuple(needles.split(" ")), re.compile(pattern, flags), f"{keep}«redacted:{kind}»"
    )


SHAPES = (
    _shape(
        "private-key",
        "-----begin",
        r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY(?: BLOCK)?-----.*?"
        r"(?:-----END (?:[A-Z]+ )*PRIVATE KEY(?: BLOCK)?-----|\Z)",
        flags=re.DOTALL,
    ),
    _shape("docker-config", "eyjhdxrocyi6", r"\beyJhdXRocyI6[A-Za-z0-9+/]{8,}={0,2}"),
    _shape("docker-auth", '"auth', r'("auths?"\s*:\s*")[A-Za-z0-9+/]{8,}={0,2}', r"\1"),
    _shape("helm-release", "h4si", r"\bH4sI[A-Za-z0-9+/]{80,}={0,2}"),
    _shape("jwt", "eyj", r"\beyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?"),
    _shape(
        "header",
        "authorization",
        r"(?i)((?:proxy-)?authorization[\"']?\s*[:=]\s*[\"']?(?:basic|bearer|token|digest|negotiate"
        r"|aws4-hmac-sha256|apikey)\s+)[^\s\"',]{4,}",
        r"\1",
    ),
    _shape("bearer", "bearer", r"(?i)(\bbearer\s+)(?=[^\s\"']*\d)[\w.~+/-]{12,}=*", r"\1"),
    _shape("basic", "basic", r"(\b[Bb]asic\s+)(?=[A-Za-z+/]*\d)[A-Za-z0-9+/]{12,}={0,2}", r"\1"),
    _shape("cookie", "cookie", r"(?i)(\b(?:set-)?cookie:\s*)[^\s;]+=[^\s;]{8,}(?:;\s*\S+)*", r"\1"),
    _shape(
        "url-credentials",
        "://",
        r"(\b[a-zA-Z][a-zA-Z0-9+.-]{1,20}://[^\s/:@«'\"]{0,100}:)[^\s/'\"<>«]{1,200}(?=@)",
        r"\1",
    ),
    _shape("url-token", "://", r"(\bhttps?://)[A-Za-z0-9_]{20,100}(?=@)", r"\1"),
    _shape(
        "query",
        "sig= signature= token= key=",
        r"(?i)([?&](?:sig|x-amz-signature|x-amz-security-token|signature|access_token|api_?key|token)=)"
        r"[A-Za-z0-9%+/=_.-]{8,}",
        r"\1",
    ),
    _shape("aws-key", "akia asia abia acca", r"\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}\b"),
    _shape("google-key", "aiza", r"\bAIza[\w-]{35}"),
    _shape("google-token", "ya29. gocspx-", r"\b(?:ya29\.[\w-]{20,}|GOCSPX-[\w-]{20,})"),
    _shape("azure-key", "accountkey= sharedaccesskey=",
           r"(?i)((?:AccountKey|SharedAccessKey)=)[A-Za-z0-9+/]{20,}={0,2}", r"\1"),
    _shape("github-token", "ghp_ gho_ ghu_ ghs_ ghr_ github_pat_",
           r"\b(?:gh[pousr]_[A-Za-z0-9]{30,}|github_pat_[A-Za-z0-9_]{40,})"),
    _shape("gitlab-token", "glpat- gldt- glrt- glptt- glcbt-",
           r"\bgl(?:pat|dt|rt|ptt|cbt)-[\w.-]{16,}"),
    _shape("slack-token", "xoxb- xoxa- xoxp- xoxr- xoxs- xoxe xapp-",
           r"\b(?:xox[abeoprs](?:\.xox[bp])?|xapp)-[A-Za-z0-9-]{10,}"),
    _shape("webhook", "hooks.slack.com webhook",
           r"(https://(?:hooks\.slack\.com/(?:services|workflows)/"
           r"|(?:\w+\.)?discord(?:app)?\.com/api/webhooks/|[\w.]+\.webhook\.office\.com/))[\w/@-]{10,}",
           r"\1"),
    _shape("stripe-key", "k_live_ k_test_ whsec_",
           r"\b(?:[rsp]k_(?:live|test)_[A-Za-z0-9]{16,}|whsec_[A-Za-z0-9+/]{16,})"),
    _shape("sendgrid-key", "sg.", r"\bSG\.[\w-]{16,}\.[\w-]{16,}"),
    _shape("mail-key", "key- xkeysib-",
           r"\b(?:key-[0-9a-f]{32}|xkeysib-[0-9a-f]{32,}[\w-]*)\b"),
    _shape("twilio-key", "sk", r"\bSK[0-9a-f]{32}\b"),
    _shape("npm-token", "npm_", r"\bnpm_[A-Za-z0-9]{36}"),
    _shape("pypi-token", "pypi-", r"\bpypi-[\w-]{50,}"),
    _shape("model-key", "sk- gsk_ hf_ xai-",
           r"\b(?:sk-(?=[\w-]*\d)[\w-]{20,}|gsk_[A-Za-z0-9]{40,}|hf_[A-Za-z0-9]{30,}|xai-[\w-]{40,})"),
    _shape("vault-token", "hvs. hvb. hvr.", r"\bhv[sbr]\.[\w-]{20,}"),
    _shape("cloud-token",
           "dop_v1_ doo_v1_ dor_v1_ dapi tskey- pul- shpat_ shpss_ lin_api_ nrak- dckr_pat_ atatt3"
           " glsa_ sntrys_",
           r"\b(?:do[por]_v1_[a-f0-9]{40,}|dapi[a-f0-9]{32}|tskey-[\w-]{20,}|pul-[a-f0-9]{40}"
           r"|shp(?:at|ss)_[a-fA-F0-9]{32}|lin_api_\w{32,}|NRAK-[A-Z0-9]{27}|dckr_pat_[\w-]{20,}"
           r"|ATATT3[\w=-]{50,}|glsa_\w{32,}|sntrys_[\w+/=]{40,})"),
    _shape("age-key", "age-secret-key-", r"\bAGE-SECRET-KEY-1[0-9A-Z]{50,}"),
    _shape("telegram-token", ":aa", r"\b\d{8,10}:AA[\w-]{33}\b"),
    _shape("bootstrap-token", "token",
           r"(?i)(\btoken[\"']?[:=\s]{1,3}[\"']?)[a-z0-9]{6}\.[a-z0-9]{16}\b", r"\1"),
    _shape("password-hash", "$2 $apr1$ $6$ $5$ $argon2",
           r"\$(?:2[aby]\$\d\d\$[./A-Za-z0-9]{53}|apr1\$[./A-Za-z0-9]{1,8}\$[./A-Za-z0-9]{22}"
           r"|[56]\$[^\s:$]{1,40}\$[./A-Za-z0-9]{43,86}|argon2id?\$\S{40,})"),
)  # fmt: skip
"""Every format, in the order they are tried; earlier ones are more specific."""
