"""Formats of credentials that are recognisable by themselves, as their issuers document them."""

from __future__ import annotations

import re

from workbench.core.redaction.shapes import shape

_UUID = r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}"

PRIVATE_KEY = shape(
    "private-key",
    "-----begin",
    r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY(?: BLOCK)?-----.*?"
    r"(?:-----END (?:[A-Z]+ )*PRIVATE KEY(?: BLOCK)?-----|\Z)",
    trigger=r"-----BEGIN [A-Z ]*PRIV",
    flags=re.DOTALL,
)

FORMATS = (
    PRIVATE_KEY,
    # The first letters of "-----BEGIN …PRIVATE KEY" in base64; certificates and public keys differ.
    shape("private-key", "LS0tLS1CRUdJTiB",
          r"\bLS0tLS1CRUdJTiB(?:QUklW|SU0Eg|FQyBQ|PUEVO|FTkNS|EU0Eg|QR1Ag)[A-Za-z0-9+/]{16,}={0,2}",
          trigger="LS0tLS1CRUdJTiB[QSFPE]"),
    # A JSON object in base64 whose first key is that of a Docker configuration, a Grafana key, a
    # Cloudflare tunnel, an ECR password, a Google service account.
    shape("packed-credentials",
          "eyJhdXRocyI6 eyJodHRwcz eyJrIjoi eyJhIjoi eyJwYXlsb2FkIj eyJ0eXBlIjog eyJ0eXBlIjoi"
          " ops_eyJ glc_eyJ",
          r"\b(?:(?:ops_|glc_)eyJ|eyJ(?:hdXRocyI6|odHRwcz|rIjoi|hIjoi|wYXlsb2FkIj|0eXBlIjo[gi]))"
          r"[A-Za-z0-9+/_-]{8,}={0,2}"),
    shape("helm-release", "H4sI SDRzS", r"\b(?:H4sI|SDRzS)[A-Za-z0-9+/]{80,}={0,2}"),
    shape("jwt", "eyJ", r"\beyJ[\w-]{8,}(?:\.[\w-]{8,}){1,4}(?:\.[\w-]*)?", trigger=r"eyJ[A-Za-z0-9_-]{4}"),
    shape("aws-key", "AKIA ASIA ABIA ACCA", r"\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}\b"),
    shape("aws-key", "ABSK amzn.mws.", rf"\b(?:ABSK[A-Za-z0-9+/]{{100,}}={{0,2}}|amzn\.mws\.{_UUID})"),
    shape("google-key", "AIza GOCSPX- ya29. 1//0",
          r"\b(?:AIza[\w-]{35}|GOCSPX-[\w-]{20,}|ya29\.[\w.-]{20,}|1//0[\w-]{40,})"),
    shape("azure-secret", "q~ azdo +acr",
          r"(?<![\w.~-])[\w.~-]{3}\dQ~[\w.~-]{31,}|\b[A-Za-z0-9]{60,80}AZDO[A-Za-z0-9]{4}\b"
          r"|\b[A-Za-z0-9/]{42}\+ACR[A-Za-z0-9]{6}\b",
          trigger=r"\dQ~|AZDO|\+ACR"),
    shape("github-token", "ghp_ gho_ ghu_ ghs_ ghr_ github_pat_",
          r"\b(?:gh[pousr]_[A-Za-z0-9]{30,}|github_pat_[A-Za-z0-9_]{40,})"),
    shape("gitlab-token",
          "glpat- gldt- glrt- glptt- glcbt- glft- glsoat- glimt- glagent- gloas- glffct- GR1348941",
          r"\b(?:gl(?:pat|dt|rt|ptt|cbt|ft|soat|imt|agent|oas|ffct)-[\w.-]{16,}|GR1348941[\w-]{20})"),
    shape("slack-token", "xoxb- xoxa- xoxp- xoxr- xoxs- xoxc- xoxd- xoxe xapp-",
          r"\b(?:xox[a-z](?:\.xox[bp])?|xapp)-[A-Za-z0-9%-]{10,}"),
    shape("webhook", "hooks.slack.com webhook",
          r"(https://(?:hooks\.slack\.com/(?:services|workflows|triggers)/"
          r"|(?:\w+\.)?discord(?:app)?\.com/api/webhooks/|[\w.-]+\.webhook\.office\.com/))[\w/@-]{10,}",
          trigger=r"hooks\.slack|/webhooks/|webhook\.office"),
    shape("discord-token", ".", r"\b[MNO][A-Za-z0-9_-]{23,27}\.[\w-]{6}\.[\w-]{27,40}",
          trigger=r"\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]"),
    shape("telegram-token", ":aa", r"(?:(?<![\w-])|(?<=bot))\d{8,10}:AA[\w-]{33}(?![\w-])",
          trigger=r"\d:AA"),
    shape("stripe-key", "k_live_ k_test_ whsec_",
          r"\b(?:[rsp]k_(?:live|test)_[A-Za-z0-9]{16,}|whsec_[A-Za-z0-9+/]{16,})"),
    shape("sendgrid-key", "SG.", r"\bSG\.[\w-]{16,}\.[\w-]{16,}", trigger=r"SG\."),
    shape("mail-key", "key- xkeysib- -us",
          r"\b(?:key-[0-9a-f]{32}|xkeysib-[0-9a-f]{32,}[\w-]*|[0-9a-f]{32}-us\d{1,2})\b",
          trigger=r"\bkey-[0-9a-f]{8}|xkeysib-|[0-9a-f]-us\d"),
    shape("twilio-key", "sk", r"\bSK[0-9a-f]{32}\b", trigger=r"SK[0-9a-f]{8}"),
    shape("package-token", "npm_ pypi- rubygems_ CLOJARS_",
          r"\b(?:npm_[A-Za-z0-9]{36}|pypi-[\w-]{50,}|rubygems_[0-9a-f]{48}|CLOJARS_[0-9a-f]{60})"),
    shape("package-token", "oy2 cio AKCp",
          r"\b(?:oy2[a-z0-9]{43}|cio[A-Za-z0-9]{32}|AKCp[A-Za-z0-9]{60,})\b",
          trigger=r"\boy2[a-z0-9]{6}|\bcio[A-Za-z0-9]{8}|AKCp"),
    shape("model-key", "sk- gsk_ hf_ xai- pplx- nvapi- pcsk_ r8_",
          r"\b(?:sk-(?=[\w-]*\d)[\w-]{20,}|gsk_[A-Za-z0-9]{40,}|hf_[A-Za-z0-9]{30,}|xai-[\w-]{40,}"
          r"|pplx-[A-Za-z0-9]{40,}|nvapi-[\w-]{50,}|pcsk_\w{40,}|r8_[A-Za-z0-9]{30,})",
          trigger=r"\bsk-[A-Za-z0-9]|gsk_|hf_|xai-|pplx-|nvapi-|pcsk_|\br8_"),
    shape("vault-token", "hvs. hvb. hvr.", r"\bhv[sbr]\.[\w-]{20,}"),
    shape("vault-token", " s. =s. :s. \"s.", r"(?<![\w.-])s\.[A-Za-z0-9]{24}(?![\w.-])",
          trigger=r"\bs\.[A-Za-z0-9]{12}"),
    shape("cluster-token", "sha256~ K10", r"\b(?:sha256~[\w-]{43}|K10[0-9a-f]{64}::[\w.:-]{8,})",
          trigger=r"sha256~|K10[0-9a-f]{8}"),
    shape("cluster-token", ":", r"(\b(?:token|kubeconfig)-[a-z0-9-]+:)[b-df-hj-np-tv-xz0-9]{54}\b",
          trigger=r"(?:token|kubeconfig)-[a-z0-9-]+:[b-df-hj-np-tv-xz0-9]{12}"),
    shape("cloud-token",
          "dop_v1_ doo_v1_ dor_v1_ tskey- shpat_ shpss_ shpca_ shppa_ lin_api_ NRAK- dckr_ ATATT3"
          " ATCTT3 glsa_ sntrys_ sntryu_ dt0c01. .atlasv1. dp.pt. dp.st. dp.ct. dp.sa. PMAK- ntn_"
          " sq0atp- sq0csp- pscale_ sbp_ nfp_ HRKU- CCIPAT_ FLWSECK fo1_ fm2_ access_token$",
          r"\b(?:do[por]_v1_[a-f0-9]{40,}|tskey-[\w-]{20,}|shp(?:at|ss|ca|pa)_[a-fA-F0-9]{32}"
          r"|lin_api_\w{32,}|NRAK-[A-Z0-9]{27}|dckr_[po]at_[\w-]{20,}|AT[AC]TT3[\w=-]{50,}"
          r"|glsa_\w{32,}|sntry[su]_[\w+/=]{40,}|dt0c01\.[A-Z0-9]{24}\.[A-Z0-9]{64}"
          r"|[A-Za-z0-9]{14}\.atlasv1\.[\w-]{60,}|dp\.(?:pt|st|ct|sa)\.(?:\w+\.)?[A-Za-z0-9]{40,}"
          r"|PMAK-[a-f0-9]{24}-[a-f0-9]{34}|ntn_[A-Za-z0-9]{40,}|sq0(?:atp|csp)-[\w-]{22,}"
          r"|pscale_(?:tkn|pw|oauth)_[\w-]{30,}|sbp_[a-f0-9]{40}|nfp_[A-Za-z0-9]{36}|HRKU-[\w-]{36,}"
          r"|CCIPAT_\w{20,}|FLWSECK(?:_TEST)?-[a-f0-9]{32}-X|f[om][12]_[A-Za-z0-9+/]{40,}={0,2}"
          r"|access_token\$(?:production|sandbox)\$[a-z0-9]{16}\$[a-f0-9]{32})"),
    shape("cloud-token", "dapi pul- squ_ sqp_ sqa_ bkua_ ATBB NRAL hc secret_ pat -",
          r"\b(?:dapi[a-f0-9]{32}|pul-[a-f0-9]{40}|sq[upa]_[a-f0-9]{40}|bk[a-z]a_[a-f0-9]{40}"
          r"|ATBB[A-Za-z0-9]{28,}|[A-Za-z0-9]{6}[a-f0-9]{30}NRAL|hc[a-z]ik_[a-z0-9]{50,}"
          r"|secret_[A-Za-z0-9]{43}|pat[A-Za-z0-9]{14}\.[a-f0-9]{64}"
          rf"|(?:sdk|mob)-{_UUID})\b",
          trigger=r"(?:dapi|pul-|sq[upa]_|bk[a-z]a_)[a-f0-9]{6}|ATBB|[a-f0-9]NRAL"
          r"|hc[a-z]ik_|secret_[A-Za-z0-9]{6}|\bpat[A-Za-z0-9]{6}"
          r"|(?:sdk|mob)-[0-9a-fA-F]{8}-"),
    shape("social-token", "EAA AAAAAAAAAAAAAAAAAAAA",
          r"\b(?:EAA[A-Za-z0-9]{100,}|A{20,24}(?=[A-Za-z0-9%]*\d)[A-Za-z0-9%]{50,})",
          trigger=r"\bEAA[A-Za-z0-9]{8}|\bA{20}"),
    shape("age-key", "AGE-SECRET-KEY-", r"\bAGE-SECRET-KEY-1[0-9A-Z]{50,}"),
    shape("nats-seed", "s", r"\bS[ANOCUX][A-Z2-7]{56}\b", trigger=r"\bS[ANOCUX][A-Z2-7]{8}"),
    shape("ceph-key", "AQ", r"(?<![A-Za-z0-9+/])AQ[A-Za-z0-9+/]{36}==", trigger=r"\bAQ[A-Za-z0-9+/]{8}"),
    shape("password-hash", "$2 $apr1$ $6$ $5$ $y$ $argon2 scram-sha-256$",
          r"\$(?:2[aby]\$\d\d\$[./A-Za-z0-9]{53}|apr1\$[./A-Za-z0-9]{1,8}\$[./A-Za-z0-9]{22}"
          r"|[56]\$[^\s:$]{1,40}\$[./A-Za-z0-9]{43,86}|y\$[^\s:]{40,}|argon2id?\$\S{40,})"
          r"|\bSCRAM-SHA-256\$\d+:[^\s'\"]{60,}",
          trigger=r"\$(?:2[aby]\$\d|apr1\$|[56]\$|y\$|argon2)|SCRAM-SHA-256\$"),
    shape("putty-key", "private-lines:", r"(Private-Lines: \d+\r?\n)(?:[A-Za-z0-9+/=]+\r?\n?)+",
          trigger="Private-Lines: "),
)  # fmt: skip
"""Every format, in the order they are tried; earlier ones are more specific."""
