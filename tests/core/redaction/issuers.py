"""Credentials in the formats their issuers document, each in lines where people meet them.

Written without a look at the detectors, as a check on them. Tokens are made at run time from a
seed and from pieces, so that scanners do not take this file for a leak. In a place, ``@@`` is the
secret; ``@pod@``, ``@ip@``, ``@uid@``, ``@time@`` and ``@hex@`` are filled with ordinary values.
"""

from __future__ import annotations

import base64
import json
import string
from collections.abc import Callable
from typing import NamedTuple

from tests.core.redaction.generated import ALNUM, UPPER, Source

LOWER = string.ascii_lowercase + string.digits
B64 = ALNUM + "+/"
URL64 = ALNUM + "-_"
BASE32 = string.ascii_uppercase + "234567"

Maker = Callable[[Source], str]


class Issued(NamedTuple):
    """One format: how one is made, and the lines it turns up in besides the ordinary ones."""

    shape: str
    make: Maker
    places: tuple[str, ...] = ()


def _tail(prefix: str, alphabet: str, length: int) -> Maker:
    return lambda s: prefix + s.of(alphabet, length - 2) + s.pick("7q", "4k", "9d")


def _hex(prefix: str, length: int, suffix: str = "") -> Maker:
    return lambda s: prefix + s.hex(length) + suffix


def _packed(s: Source, claims: dict[str, object]) -> str:
    return base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")


def _service_account_token(s: Source) -> str:
    head = _packed(s, {"alg": "RS256", "kid": s.alnum(43)})
    subject = f"system:serviceaccount:shop:{s.pod()}"
    body = _packed(s, {"aud": ["https://kubernetes.default.svc"], "sub": subject, "exp": 1})
    return f"{head}.{body}.{s.of(URL64, 340)}7q"


def _encrypted_token(s: Source) -> str:
    head = _packed(s, {"alg": "RSA-OAEP", "enc": "A256GCM"})
    return ".".join((head, s.of(URL64, 80), s.of(URL64, 16), s.of(URL64, 120), s.of(URL64, 22)))


def _json_packed(**fields: str) -> Maker:
    def make(s: Source) -> str:
        full = {key: s.of(B64, 32) if value == "@" else value for key, value in fields.items()}
        return base64.b64encode(json.dumps(full, separators=(",", ":")).encode()).decode()

    return make


ISSUED = (
    Issued("aws-access-key", lambda s: s.pick("AKIA", "ASIA") + s.of(BASE32, 16), (
        '{"eventName":"GetObject","userIdentity":{"accessKeyId":"@@","type":"IAMUser"}}',
        "InvalidAccessKeyId: The AWS Access Key Id you provided does not exist: @@",
        "GET /b/k?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=@@%2F20260211%2Feu-west-1%2Fs3%2Faws4_request",
        "[default]\naws_access_key_id=@@\nregion=eu-west-1",
        "Authorization: AWS4-HMAC-SHA256 Credential=@@/20260211/eu-west-1/s3/aws4_request, SignedHeaders=host",
    )),
    Issued("aws-bedrock-key", lambda s: "ABSK" + s.of(B64, 128) + "=="),
    Issued("aws-mws", lambda s: "amzn.mws." + s.uid()),
    Issued("gcp-api-key", lambda s: "AI" + "za" + s.of(URL64, 35), (
        "GET https://maps.googleapis.com/maps/api/geocode/json?address=x&key=@@ 200",
    )),
    Issued("gcp-access-token", _tail("ya29.c.", URL64, 180), (
        '{"access_token":"@@","expires_in":3599,"token_type":"Bearer"}',
    )),
    Issued("gcp-refresh-token", _tail("1//0g", URL64, 96)),
    Issued("gcp-client-secret", _tail("GOCSPX-", URL64, 28)),
    Issued("azure-client-secret", lambda s: s.of(ALNUM, 3) + s.pick("7", "8") + "Q~" + s.of(ALNUM + "~._-", 34)),
    Issued("azure-devops-pat", lambda s: s.of(LOWER, 75) + "AZDO" + s.of(UPPER, 4)),
    Issued("azure-acr", lambda s: s.of(ALNUM, 42) + "+ACR" + s.of(ALNUM, 6)),
    Issued("azure-storage-sas", lambda s: s.of(ALNUM, 40) + "%3D", (
        "https://shop.blob.core.windows.net/c?sv=2022-11-02&ss=b&srt=sco&sp=rl&se=2026-03-01T00:00:00Z&sig=@@",
    )),
    Issued("github-classic", lambda s: "gh" + s.pick("p", "o", "u", "s", "r") + "_" + s.alnum(36), (
        "remote: https://x-access-token:@@@github.com/shop/web.git",
        "fatal: Authentication failed for 'https://@@@github.com/shop/web.git/'",
        "gh auth login --with-token <<< @@",
    )),
    Issued("github-fine-grained", lambda s: "github" + "_pat_" + s.alnum(22) + "_" + s.alnum(59)),
    Issued("gitlab-token", lambda s: "gl" + s.pick("pat-", "dt-", "rt-", "ptt-", "ft-", "soat-", "imt-", "agent-", "cbt-", "oas-", "ffct-") + s.of(URL64, 20) + "7", (
        "curl --header 'PRIVATE-TOKEN: @@' https://gitlab.example/api/v4/projects",
        "https://gitlab-ci-token:@@@gitlab.example/shop/web.git",
    )),
    Issued("gitlab-routable", lambda s: "gl" + "pat-" + s.of(URL64, 27) + ".01." + s.of(LOWER, 9)),
    Issued("gitlab-runner", lambda s: "GR" + "1348941" + s.of(URL64, 20)),
    Issued("slack-bot", lambda s: "xo" + "xb-" + f"{s.number(10**12):012}-{s.number(10**12):012}-" + s.alnum(24)),
    Issued("slack-user", lambda s: "xo" + "xp-" + f"{s.number(10**12):012}-{s.number(10**12):012}-{s.number(10**12):012}-" + s.hex(32)),
    Issued("slack-rotating", lambda s: "xo" + "xe." + "xoxb-1-" + s.alnum(160)),
    Issued("slack-browser", lambda s: "xo" + "xc-" + f"{s.number(10**12):012}-{s.number(10**12):012}-" + s.hex(64)),
    Issued("slack-app", lambda s: "xa" + "pp-1-A" + s.of(UPPER, 10) + f"-{s.number(10**13)}-" + s.hex(64)),
    Issued("slack-webhook", lambda s: f"T{s.of(UPPER, 10)}/B{s.of(UPPER, 10)}/{s.alnum(24)}", (
        "level=error component=dispatcher err=\"Post \\\"https://hooks.slack.com/services/@@\\\": EOF\"",
        "slack_api_url: https://hooks.slack.com/services/@@",
    )),
    Issued("discord-bot", lambda s: "M" + s.of(ALNUM, 25) + "." + s.of(URL64, 6) + "." + s.of(URL64, 37) + "7"),
    Issued("discord-webhook", lambda s: f"{s.number(10**18):018}/" + s.of(URL64, 68), (
        "POST https://discord.com/api/webhooks/@@ 204",
    )),
    Issued("telegram-bot", lambda s: f"{s.number(9 * 10**9) + 10**9}:AA" + s.of(URL64, 33), (
        "Post \"https://api.telegram.org/bot@@/sendMessage\": context deadline exceeded",
        "bot_token: \"@@\"",
    )),
    Issued("teams-webhook", lambda s: f"webhookb2/{s.uid()}@{s.uid()}/IncomingWebhook/{s.hex(32)}/{s.uid()}", (
        "webhook_url: https://contoso.webhook.office.com/@@",
    )),
    Issued("stripe-secret", lambda s: s.pick("sk", "rk") + s.pick("_live_", "_test_") + s.alnum(99)),
    Issued("stripe-webhook", lambda s: "wh" + "sec_" + s.alnum(32)),
    Issued("npm-token", lambda s: "np" + "m_" + s.alnum(36), (
        "//registry.npmjs.org/:_authToken=@@", "npm ERR! 403 Forbidden - PUT with token @@",
    )),
    Issued("npm-basic", lambda s: base64.b64encode(f"ci:{s.password()}".encode()).decode(), (
        "//nexus.example/repository/npm/:_auth=@@", "_auth = @@",
    )),
    Issued("pypi-token", lambda s: "py" + "pi-AgEIcHlwaS5vcmc" + s.of(URL64, 150), (
        "[pypi]\nusername = __token__\npassword = @@",
    )),
    Issued("rubygems", _hex("rubygems_", 48)),
    Issued("crates-io", _tail("cio", ALNUM, 32), ("[registry]\ntoken = \"@@\"",)),
    Issued("nuget", lambda s: "oy2" + s.of(LOWER, 43)),
    Issued("vault-service", lambda s: "hv" + "s." + s.of(URL64, 90)),
    Issued("vault-batch", lambda s: "hv" + "b." + s.of(URL64, 140)),
    Issued("vault-legacy", lambda s: "s." + s.alnum(24), (
        "VAULT_TOKEN=@@ vault status", "X-Vault-Token: @@",
        "Initial Root Token: @@", "vault login @@",
    )),
    Issued("vault-unseal", lambda s: base64.b64encode(s.random.randbytes(33)).decode(), (
        "Unseal Key 1: @@", "Unseal Key 3: @@\n", "Recovery Key 2: @@",
        '{"unseal_keys_b64":["@@"],"unseal_shares":1}',
    )),
    Issued("vault-approle", lambda s: s.uid(), (
        "vault write auth/approle/login role_id=web secret_id=@@", '{"role_id":"web","secret_id":"@@"}',
    )),
    Issued("consul-acl", lambda s: s.uid(), (
        "AccessorID:       6b2f0cc5-4e6a-b3a0-1111-6cf1c80bd5ba\nSecretID:         @@\nDescription:      Bootstrap Token",
        "CONSUL_HTTP_TOKEN=@@", "X-Consul-Token: @@", "NOMAD_TOKEN=@@",
    )),
    Issued("jwt", lambda s: s.jwt(), (
        "oidc: verify token: oidc: id token issued by a different provider: @@",
        "Cookie: argocd.token=@@; theme=dark", "GET /ws?token=@@ 101", "X-Forwarded-Access-Token: @@",
        "jwt is expired (token: @@)", "\\\"id_token\\\":\\\"@@\\\"",
    )),
    Issued("service-account-token", _service_account_token, (
        "token:      @@", "cat /var/run/secrets/kubernetes.io/serviceaccount/token\n@@\n",
        '{"kind":"TokenReview","spec":{"token":"@@"}}', "GET https://10.96.0.1/api -H 'Authorization: Bearer @@'",
    )),
    Issued("jwe", _encrypted_token),
    Issued("openshift-token", lambda s: "sha256~" + s.of(URL64, 43), (
        "oc login --token=@@ --server=https://api.example:6443", "Your API token is\n  @@\n",
    )),
    Issued("rancher-token", lambda s: f"token-{s.of(LOWER, 5)}:" + s.of("bcdfghjklmnpqrstvwxz2456789", 54), (
        "rancher login https://rancher.example --token @@", "CATTLE_TOKEN=@@", "    token: @@",
    )),
    Issued("k3s-token", lambda s: "K10" + s.hex(64) + "::server:" + s.hex(32), (
        "K3S_TOKEN=@@", "k3s agent --server https://10.0.0.1:6443 --token @@",
    )),
    Issued("kubeadm-token", lambda s: f"{s.of(LOWER, 6)}.{s.of(LOWER, 16)}", (
        "kubeadm join 10.0.0.1:6443 --token @@ --discovery-token-ca-cert-hash sha256:@hex@",
        "[bootstrap-token] Using token: @@", "BootstrapToken: @@",
    )),
    Issued("kubeadm-certificate-key", lambda s: s.hex(64), (
        "kubeadm join 10.0.0.1:6443 --control-plane --certificate-key @@",
        "[upload-certs] Using certificate key:\n@@\n",
    )),
    Issued("sendgrid", lambda s: "SG" + "." + s.of(URL64, 22) + "." + s.of(URL64, 43)),
    Issued("twilio-key", lambda s: "S" + "K" + s.hex(32)),
    Issued("twilio-auth", lambda s: s.hex(32), (
        "TWILIO_AUTH_TOKEN=@@", "curl -u AC@hex32@:@@ https://api.twilio.com/2010-04-01/Accounts.json",
    )),
    Issued("mailgun", lambda s: s.hex(32) + "-" + s.hex(8) + "-" + s.hex(8), (
        "MAILGUN_API_KEY=@@", "curl --user 'api:@@' https://api.mailgun.net/v3/x/messages",
    )),
    Issued("mailchimp", lambda s: s.hex(32) + "-us" + str(s.number(20) + 1)),
    Issued("datadog-api", lambda s: s.hex(32), (
        "DD_API_KEY=@@", "DD-API-KEY: @@", "api_key: @@",
        "POST https://app.datadoghq.com/api/v1/series?api_key=@@ 403",
        "API Key invalid (403 response), disabling transaction endpoint, api_key='@@'",
        "      DD_API_KEY:                      @@",
    )),
    Issued("datadog-app", lambda s: s.hex(40), (
        "DD_APP_KEY=@@", "DD-APPLICATION-KEY: @@", "GET /api/v1/monitor?application_key=@@",
    )),
    Issued("new-relic-license", lambda s: "eu01xx" + s.hex(30) + "NRAL"),
    Issued("new-relic-user", lambda s: "NRAK-" + s.of(UPPER, 27)),
    Issued("grafana-sa", lambda s: "gl" + "sa_" + s.alnum(32) + "_" + s.hex(8)),
    Issued("grafana-cloud", lambda s: "gl" + "c_" + _json_packed(o="1", n="x", k="@")(s)),
    Issued("grafana-legacy", _json_packed(k="@", n="ci", id="1")),
    Issued("sentry-dsn", lambda s: s.hex(32), (
        "SENTRY_DSN=https://@@@o447951.ingest.sentry.io/5429213", "dsn: \"https://@@@sentry.example/4\"",
    )),
    Issued("sentry-user", lambda s: "sntry" + "u_" + s.hex(64)),
    Issued("pagerduty", lambda s: s.hex(32), (
        '{"routing_key":"@@","event_action":"trigger"}', "routing_key: '@@'", "service_key: @@",
        "pagerduty_configs:\n- routing_key: @@\n", "integration_key=@@",
    )),
    Issued("pagerduty-rest", lambda s: "u+" + s.of(ALNUM, 18), ("Authorization: Token token=@@",)),
    Issued("opsgenie", lambda s: s.uid(), ("Authorization: GenieKey @@", "opsgenie_api_key: @@")),
    Issued("splunk-hec", lambda s: s.uid(), ("Authorization: Splunk @@", "hec_token: @@")),
    Issued("elastic-api-key", lambda s: base64.b64encode(f"{s.alnum(20)}:{s.alnum(22)}".encode()).decode(), (
        "Authorization: ApiKey @@", "-H \"Authorization: ApiKey @@\"",
    )),
    Issued("dynatrace", lambda s: "dt0c01." + s.of(BASE32, 24) + "." + s.of(BASE32, 64)),
    Issued("honeycomb", lambda s: "hc" + "aik_" + s.of(LOWER, 58)),
    Issued("openai-classic", lambda s: "sk" + "-" + s.alnum(20) + "T3Blbk" + "FJ" + s.alnum(20), (
        "openai.AuthenticationError: Error code: 401 - {'error': {'message': 'Incorrect API key provided: @@.'}}",
    )),
    Issued("openai-project", lambda s: "sk" + s.pick("-proj-", "-svcacct-", "-admin-") + s.of(URL64, 120) + "7A"),
    Issued("anthropic", lambda s: "sk" + "-ant-" + s.pick("api03", "admin01") + "-" + s.of(URL64, 93) + "AA", (
        "x-api-key: @@", "ANTHROPIC_API_KEY=@@",
    )),
    Issued("openrouter", lambda s: "sk" + "-or-v1-" + s.hex(64)),
    Issued("langfuse", lambda s: "sk" + "-lf-" + s.uid()),
    Issued("hugging-face", lambda s: "h" + "f_" + s.of(string.ascii_letters, 34)),
    Issued("groq", lambda s: "gs" + "k_" + s.alnum(52)),
    Issued("xai", lambda s: "xa" + "i-" + s.alnum(80)),
    Issued("perplexity", lambda s: "pp" + "lx-" + s.alnum(48)),
    Issued("replicate", lambda s: "r8" + "_" + s.alnum(37)),
    Issued("nvidia", lambda s: "nv" + "api-" + s.of(URL64, 64)),
    Issued("pinecone", lambda s: "pc" + "sk_" + s.alnum(68)),
    Issued("cloudflare", lambda s: s.of(URL64, 40), (
        "CF_API_TOKEN=@@", "CLOUDFLARE_API_TOKEN=@@", "  apiToken: @@", "X-Auth-Key: @@",
    )),
    Issued("cloudflare-tunnel", _json_packed(a="x", t="y", s="@"), (
        "cloudflared tunnel run --token @@", "TUNNEL_TOKEN=@@",
    )),
    Issued("digitalocean", lambda s: s.pick("dop", "doo", "dor") + "_v1_" + s.hex(64)),
    Issued("hetzner", lambda s: s.alnum(64), ("HCLOUD_TOKEN=@@",)),
    Issued("scaleway", lambda s: s.uid(), ("SCW_SECRET_KEY=@@", "secret_key: @@")),
    Issued("terraform-cloud", lambda s: s.alnum(14) + ".atlasv1." + s.of(URL64, 67)),
    Issued("pulumi", _hex("pul-", 40)),
    Issued("doppler", lambda s: "dp." + s.pick("pt.", "st.prd.", "ct.") + s.alnum(43)),
    Issued("onepassword", lambda s: "ops_" + _json_packed(signInAddress="x", muk="@", srpX="@")(s)),
    Issued("sonarqube", lambda s: s.pick("squ", "sqp", "sqa") + "_" + s.hex(40)),
    Issued("artifactory", lambda s: "AKCp" + s.alnum(69)),
    Issued("docker-hub", lambda s: "dckr" + s.pick("_pat_", "_oat_") + s.of(URL64, 27)),
    Issued("postman", lambda s: "PM" + "AK-" + s.hex(24) + "-" + s.hex(34)),
    Issued("notion", lambda s: s.pick("secret_", "ntn_") + s.alnum(43)),
    Issued("linear", lambda s: "lin" + "_api_" + s.alnum(40)),
    Issued("airtable", lambda s: "pat" + s.alnum(14) + "." + s.hex(64)),
    Issued("atlassian", lambda s: "ATATT3" + "xFfGF0" + s.of(URL64, 180) + "=" + s.hex(8).upper()),
    Issued("bitbucket", lambda s: "AT" + "BB" + s.alnum(32)),
    Issued("shopify", lambda s: "shp" + s.pick("at", "ss", "ca", "pa") + "_" + s.hex(32)),
    Issued("square", lambda s: "sq0" + s.pick("atp-", "csp-") + s.of(URL64, 43)),
    Issued("braintree", lambda s: "access_token$production$" + s.of(LOWER, 16) + "$" + s.hex(32)),
    Issued("facebook", lambda s: "EAA" + s.alnum(180)),
    Issued("twitter-bearer", lambda s: "A" * 22 + s.of(ALNUM + "%", 70)),
    Issued("launchdarkly", lambda s: s.pick("sdk-", "api-", "mob-") + s.uid()),
    Issued("planetscale", lambda s: "pscale_" + s.pick("tkn_", "pw_") + s.of(URL64, 43)),
    Issued("supabase", _hex("sbp_", 40)),
    Issued("fly", lambda s: s.pick("fo1_", "fm2_") + s.of(B64, 80)),
    Issued("netlify", lambda s: "nfp_" + s.alnum(36)),
    Issued("heroku", lambda s: "HRKU-" + s.of(URL64, 60)),
    Issued("tailscale", lambda s: "tskey-" + s.pick("auth-", "api-", "client-") + s.alnum(12) + "CNTRL-" + s.alnum(32)),
    Issued("databricks", lambda s: "da" + "pi" + s.hex(32)),
    Issued("buildkite", lambda s: "bk" + "ua_" + s.hex(40)),
    Issued("circleci", lambda s: "CCI" + "PAT_" + s.alnum(22) + "_" + s.hex(40)),
    Issued("flutterwave", lambda s: "FLWSECK-" + s.hex(32) + "-X"),
    Issued("age", lambda s: "AGE-" + "SECRET-KEY-1" + s.of("QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L", 58)),
    Issued("wireguard", lambda s: base64.b64encode(s.random.randbytes(32)).decode(), (
        "[Interface]\nPrivateKey = @@\nAddress = 10.7.0.2/32", "PresharedKey = @@",
    )),
    Issued("nats-seed", lambda s: "SU" + s.of(BASE32, 56), (
        "-----BEGIN USER NKEY SEED-----\n@@\n------END USER NKEY SEED------", "nkey: @@",
    )),
    Issued("ceph-key", lambda s: "AQ" + s.of(B64, 36) + "==", (
        "[client.admin]\n\tkey = @@\n\tcaps mon = \"allow *\"", "mount -t ceph 10.0.0.1:/ /mnt -o name=admin,secret=@@",
        "userKey: @@", "adminSecret: @@",
    )),
    Issued("bcrypt", lambda s: s.pick("$2y$10$", "$2a$12$", "$2b$12$") + s.of(ALNUM + "./", 53)),
    Issued("sha512-crypt", lambda s: "$6$" + s.alnum(16) + "$" + s.of(ALNUM + "./", 86), ("root:@@:19000:0:99999:7:::",)),
    Issued("argon2", lambda s: "$argon2id$v=19$m=65536,t=3,p=4$" + s.of(B64, 22) + "$" + s.of(B64, 43)),
    Issued("scram", lambda s: "SCRAM-SHA-256$4096:" + s.of(B64, 22) + "==$" + s.of(B64, 43) + "=:" + s.of(B64, 43) + "=", (
        "ALTER ROLE app WITH PASSWORD '@@'",
    )),
)  # fmt: skip
"""Formats with no place of their own are recognisable by themselves, and stand in every BARE place;
the others stand only where their tools write them."""

BARE = (
    'E0211 10:00:01.123456       1 controller.go:114] "Reconcile failed" err="401 for @@" pod="shop/@pod@"',
    '{"level":"error","time":"@time@","msg":"bad credential @@","pod":"@pod@"}',
    '{"log":"refused: \\"@@\\"\\n","stream":"stderr","time":"@time@"}',
    "@time@ stderr F [ERROR] upstream rejected key (@@)",
    "  value: @@",
    '@ip@ - - [11/Feb/2026:10:00:01 +0000] "POST /v1/hook/@@ HTTP/1.1" 401 12',
    "Warning  Failed  3s  kubelet  Error: cannot start with argument @@",
    "panic: config: <@@> is not valid",
)
"""Lines that say nothing about what stands in them."""

SELF_EVIDENT = frozenset(
    issued.shape
    for issued in ISSUED
    if issued.shape
    not in {
        "azure-storage-sas", "slack-webhook", "discord-webhook", "teams-webhook", "npm-basic",
        "vault-legacy", "vault-unseal", "vault-approle", "consul-acl", "kubeadm-token",
        "kubeadm-certificate-key", "twilio-auth", "mailgun", "datadog-api", "datadog-app",
        "sentry-dsn", "pagerduty", "pagerduty-rest", "opsgenie", "splunk-hec", "elastic-api-key",
        "cloudflare", "hetzner", "scaleway", "wireguard", "ceph-key", "crates-io", "nuget",
        "rancher-token", "cloudflare-tunnel", "facebook", "launchdarkly",
    }
)  # fmt: skip
"""Formats nobody takes for anything else, wherever they stand."""
