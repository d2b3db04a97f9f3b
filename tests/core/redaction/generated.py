"""A generated corpus: secrets in the shapes and places Kubernetes people meet, and ordinary lines.

Everything comes from one seed, so a miss can be looked at again. Each entry belongs to the half
that patterns may be tuned on or to the half that is held out (``tuning``), by a hash of its number.
Tokens are put together from pieces, so that scanners do not take this file for a leak.
"""

from __future__ import annotations

import base64
import gzip
import json
import random
import string
import zlib
from collections.abc import Callable
from typing import NamedTuple

SEED = 20260211
ALNUM = string.ascii_letters + string.digits
UPPER = string.ascii_uppercase + string.digits


class Leak(NamedTuple):
    """A text, the part that must go, what it is and where it stands."""

    shape: str
    text: str
    secret: str


def tuning(number: int) -> bool:
    """Whether the entry may be looked at while patterns are written."""
    return zlib.crc32(f"{SEED}:{number}".encode()) % 2 == 0


class Source:
    """Random pieces of text."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def of(self, alphabet: str, length: int) -> str:
        return "".join(self.random.choice(alphabet) for _ in range(length))

    def alnum(self, length: int) -> str:
        return self.of(ALNUM, length - 2) + "7q"

    def hex(self, length: int) -> str:
        return self.of("0123456789abcdef", length)

    def base64(self, length: int) -> str:
        return base64.b64encode(self.random.randbytes(length)).decode()

    def pick(self, *choices: str) -> str:
        return self.random.choice(choices)

    def number(self, most: int) -> int:
        return self.random.randrange(most)

    def password(self) -> str:
        word = self.pick(
            "hunter", "Winter", "correct-horse", "letmein", "Tr0ub4dor", "s3cr3t", "zz"
        )
        return self.pick(
            word + str(self.number(9000) + 100),
            self.alnum(self.number(20) + 8),
            word + "!" + self.of(ALNUM, 5),
            word + "-" + self.hex(6),
        )

    def jwt(self) -> str:
        head = base64.urlsafe_b64encode(b'{"alg":"RS256","kid":"' + self.alnum(20).encode() + b'"}')
        return ".".join((head.decode().rstrip("="), "eyJ" + self.alnum(90), self.alnum(86)))

    def pem(self) -> str:
        return "\n".join(self.of(ALNUM + "+/", 64) for _ in range(self.number(10) + 3))

    def pod(self) -> str:
        name = self.pick("checkout", "web", "api-gateway", "orders", "coredns", "kube-proxy")
        return f"{name}-{self.of('bcdfghjklmnpqrstvwxz2456789', 10)}-{self.of('bcdfghjklmnpqrstvwxz2456789', 5)}"

    def uid(self) -> str:
        h = self.hex(32)
        return f"{h[:8]}-{h[8:12]}-4{h[13:16]}-a{h[17:20]}-{h[20:]}"

    def address(self) -> str:
        return f"10.{self.number(255)}.{self.number(255)}.{self.number(254) + 1}"

    def moment(self) -> str:
        n = self.number
        return f"2026-02-{n(27) + 1:02}T{n(24):02}:{n(60):02}:{n(60):02}.{n(10**6):06}Z"


TOKENS: dict[str, Callable[[Source], str]] = {
    "jwt": lambda s: s.jwt(),
    "aws-key-id": lambda s: s.pick("AKIA", "ASIA") + s.of(UPPER, 16),
    "gcp-api-key": lambda s: "AI" + "za" + s.alnum(35),
    "gcp-oauth": lambda s: "ya" + "29." + s.alnum(70),
    "azure-client-secret": lambda s: s.alnum(3) + "8Q~" + s.alnum(34),
    "github": lambda s: "gh" + s.pick("p", "o", "s", "u") + "_" + s.alnum(36),
    "github-fine": lambda s: "github" + "_pat_" + s.alnum(22) + "_" + s.alnum(59),
    "gitlab": lambda s: "gl" + s.pick("pat", "dt", "rt") + "-" + s.alnum(20),
    "slack": lambda s: "xo" + s.pick("xb", "xp") + f"-{s.number(10**12):012}-" + s.alnum(24),
    "slack-app": lambda s: (
        "xap" + "p-1-" + s.of(UPPER, 11) + f"-{s.number(10**12):012}-" + s.hex(64)
    ),
    "stripe": lambda s: s.pick("s", "r") + "k_" + s.pick("live_", "test_") + s.alnum(24),
    "npm": lambda s: "np" + "m_" + s.alnum(36),
    "pypi": lambda s: "py" + "pi-AgEIcHlwaS5vcmc" + s.alnum(130),
    "openai": lambda s: "sk" + s.pick("-proj-", "-svcacct-", "-") + s.alnum(48),
    "anthropic": lambda s: "sk" + "-ant-api03-" + s.alnum(93) + "AA",
    "sendgrid": lambda s: "SG" + "." + s.alnum(22) + "." + s.alnum(43),
    "twilio": lambda s: "S" + "K" + s.hex(32),
    "vault": lambda s: "hv" + s.pick("s.", "b.") + s.alnum(90),
    "digitalocean": lambda s: "dop" + "_v1_" + s.hex(64),
    "grafana": lambda s: "gl" + "sa_" + s.alnum(32) + "_" + s.hex(8),
    "docker-pat": lambda s: "dckr" + "_pat_" + s.alnum(27),
    "huggingface": lambda s: "h" + "f_" + s.alnum(34),
    "databricks": lambda s: "da" + "pi" + s.hex(32),
    "age": lambda s: "AGE-" + "SECRET-KEY-1" + s.of(UPPER, 58),
    "bcrypt": lambda s: "$2b$12$" + s.alnum(53),
}
"""Credentials that can be told by their looks."""

BARE = (
    "I0211 10:00:01.123456 1 auth.go:61] rejected @@ for user bob",
    'level=warn msg="upstream refused" cred="@@" status=401',
    '{"level":"error","ts":1770800000.1,"msg":"denied","detail":"@@"}',
    "  remote said: 401 with @@",
    "argument 3: '@@' is not accepted",
    "2026-02-11T10:00:01Z ERROR c.e.Client - call with @@ failed\n\tat c.e.Client.run(C.java:3)",
    "    annotations:\n      note: @@\n",
    "TOKENS=(@@)",
    "curl -s https://api.example.com/v1/x -d 'key=@@'",
)

NAMED = (
    "DB_PASSWORD=@@",
    "export MYSQL_ROOT_PASSWORD='@@'",
    'REDIS_PASSWORD="@@"',
    "db.password=@@",
    "password: @@",
    '      adminPassword: "@@"',
    '{"db":{"user":"app","password":"@@"}}',
    '{"level":"info","clientSecret":"@@","n":1}',
    "level=debug msg=connect user=app password=@@ host=db",
    'I0211 10:00:01.123456 1 db.go:7] "connect" user="app" password="@@"',
    "mysql -h db --password=@@ -e 'select 1'",
    "helm upgrade shop ./c --set auth.rootPassword=@@ --wait",
    'args: ["--password", "@@", "--user", "root"]',
    "jdbc:postgresql://db:5432/shop?user=app&password=@@",
    "jdbc:sqlserver://db:1433;user=sa;password=@@;encrypt=true",
    "Server=db;Database=shop;User Id=sa;Password=@@;Encrypt=True",
    "host=db port=5432 user=app password=@@ dbname=shop sslmode=require",
    "- name: SMTP_PASSWORD\n  value: @@\n",
    '    env:\n    - name: API_TOKEN\n      value: "@@"\n    - name: LOG\n      value: info\n',
    "machine git.example.com login ci password @@",
    "//registry.example.com/:_password=@@",
    "curl -u admin:@@ https://prometheus.example.com/api",
    "curl --user 'ci:@@' -T x https://nexus.example.com/r",
    "docker login -u bot -p @@ registry.example.com",
    "redis-cli -h redis -a @@ ping",
    "sshpass -p @@ ssh root@node",
    "db:5432:shop:app:@@",
    "{'user': 'app', 'passwd': '@@'}",
    "Map(user -> app, password -> @@)",
    "Config{User:app Password:@@ Host:db}",
    "<password>@@</password>",
    "requirepass @@",
    "ALTER USER app WITH PASSWORD '@@';",
    "CREATE USER 'app'@'%' IDENTIFIED BY '@@';",
    "      DB_PASSWORD:   @@",
    "PGPASSWORD=@@ psql -h db -U app",
    "postgres://app:@@@db.shop.svc:5432/shop?sslmode=disable",
    "DATABASE_URL=postgresql+asyncpg://app:@@@db/shop",
    "could not parse mysql://root:@@@mysql:3306/shop",
    "app:@@@tcp(mysql:3306)/shop?parseTime=true",
    "mongodb+srv://svc:@@@c0.example.net/prod?retryWrites=true",
    "redis://default:@@@redis-master:6379/0",
    "amqp://guest:@@@rabbitmq.mq.svc:5672/%2f: connection refused",
    "https_proxy=http://px:@@@proxy.example.com:3128",
)
"""Places that say that a password follows, whatever it looks like."""

KEYED = (
    "DD_API_KEY=@@", "api_key: \"@@\"", "x-api-key: @@", "DD-API-KEY: @@",
    "aws_secret_access_key = @@", "AWS_SECRET_ACCESS_KEY=@@", "  client-secret: @@",
    "AWS_SESSION_TOKEN=@@", "Authorization: Bearer @@", "-H 'Authorization: Bearer @@'",
    "authorization: \"Basic @@\"", "Authorization:[Bearer @@]", "Authorization: token @@",
    "X-Vault-Token: @@", "GET /v1/x?access_token=@@&n=1 HTTP/1.1", "?sv=2022&sig=@@&se=2026",
    "AccountName=shop;AccountKey=@@;EndpointSuffix=core.windows.net",
    "Endpoint=sb://x.servicebus.windows.net/;SharedAccessKeyName=r;SharedAccessKey=@@",
    "TWILIO_AUTH_TOKEN=@@", "//registry.npmjs.org/:_authToken=@@", "SLACK_SIGNING_SECRET=@@",
    "    client-key-data: @@", "users:\n- name: me\n  user:\n    token: @@\n",
    "user:\n  exec:\n    env:\n    - name: OIDC_CLIENT_SECRET\n      value: @@\n",
    "kubectl config set-credentials me --token=@@", "kubeadm join 10.0.0.1:6443 --token @@",
    "Set-Cookie: sid=@@; Path=/; HttpOnly", "Cookie: _oauth2_proxy=@@",
    "https://hooks.slack.com/services/@@", "git clone https://oauth2:@@@git.example.com/a.git",
    "fatal: could not read https://@@@github.example.com/a.git", "encryptionKey: @@",
    "kind: Secret\nmetadata:\n  name: s\ndata:\n  value: @@\n",
    "apiVersion: v1\nstringData:\n  a.conf: |\n    user x\n    @@\nkind: Secret\n",
    "SECRET_KEY_BASE=@@", "JWT_SECRET=@@", "\"refresh_token\":\"@@\"", "\"id-token\": \"@@\"",
    'NAME  DATA\n{"kind":"Secret","data":{"a":"@@"}}', "GITLAB_TOKEN=@@", "--api-key @@",
    "SENTRY_DSN=https://@@@o1.ingest.sentry.io/2",
)  # fmt: skip
"""Places that say that a key or token follows."""


def leaks(each: int = 6) -> list[Leak]:
    """The secrets: every token in every place it fits, every place with ``each`` variants."""
    s = Source(SEED)
    found = [
        Leak(name, place.replace("@@", secret), secret)
        for name, make in TOKENS.items()
        for place in BARE
        for secret in [make(s)]
    ]
    for places, make_value in ((NAMED, Source.password), (KEYED, lambda s: _key(s))):
        for place in places:
            for _ in range(each):
                secret = make_value(s)
                found.append(Leak(place[:40], place.replace("@@", secret), secret))
    for _ in range(each):
        found += _blocks(s)
    return found


def _key(s: Source) -> str:
    return s.pick(s.alnum(32), s.alnum(40), s.hex(32), s.base64(36).rstrip("=").replace("/", "x"))


def _blocks(s: Source) -> list[Leak]:
    kind = s.pick("RSA PRIVATE KEY", "EC PRIVATE KEY", "PRIVATE KEY", "OPENSSH PRIVATE KEY")
    body = s.pem()
    block = f"-----BEGIN {kind}-----\n{body}\n-----END {kind}-----"
    one = block.replace("\n", "\\n")
    token, password = s.alnum(44), s.password()
    applied = {"kind": "Secret", "metadata": {"name": "s"}, "data": {"k": token}}
    release = base64.b64encode(gzip.compress(s.alnum(400).encode(), mtime=0)).decode()
    twice = base64.b64encode(release.encode()).decode()
    auth = base64.b64encode(f"bot:{password}".encode()).decode()
    docker = json.dumps({"auths": {"registry.example": {"auth": auth}}})
    packed = base64.b64encode(docker.replace(" ", "").encode()).decode()
    annotation = "kubectl.kubernetes.io/last-applied-configuration"
    return [
        Leak("pem", f"loaded:\n{block}\nok", body),
        Leak("pem-line", f'level=error key="{one}" n=1', one[40:140]),
        Leak("pem-json", json.dumps({"note": block}), one[40:140]),
        Leak("pem-cut", f"key was {block[:120]}", body[:60]),
        Leak("applied", f"    {annotation}: |\n      {json.dumps(applied)}\n", token),
        Leak("applied-json", json.dumps({"annotations": {annotation: json.dumps(applied)}}), token),
        Leak("helm", f"data:\n  release: {release}\n", release),
        Leak("helm-twice", f"data:\n  release: {twice}\n", twice),
        Leak("docker", docker, auth),
        Leak("docker-packed", f"  .dockerconfigjson: {packed}", packed),
        Leak("docker-log", f"pull config {docker} used", auth),
        Leak("basic", f"> authorization: Basic {auth}", auth),
    ]  # fmt: skip


ORDINARY = (
    "  uid: {u}", "  resourceVersion: \"{n}\"", "  image: registry.example/shop/web@sha256:{h64}",
    "  imageID: docker-pullable://registry.example/web@sha256:{h64}", "  name: {p}",
    "  containerID: containerd://{h64}", "    caBundle: {ca}", "    certificate-authority-data: {ca}",
    "ETag: \"{h32}\"", "commit {h40}", "  secretName: {p}-tls", "  tokenExpirationSeconds: {n}",
    "          secretKeyRef: {{name: db-{h8}, key: password}}", "  serviceAccountToken:",
    "    pod-template-hash: {h10}", "  checksum/config: {h64}", "  podCIDR: {a}/24",
    "I0211 10:00:{s}.{n} 1 reconciler.go:{s}] \"Volume detached\" pod=\"shop/{p}\" uid=\"{u}\"",
    "E0211 10:00:{s}.{n} 1 kubelet.go:{s}] secret \"{p}-token\" not found in shop",
    "W0211 10:00:{s} Unable to authenticate the request: [invalid bearer token, Token has expired]",
    "{{\"level\":\"info\",\"ts\":\"{t}\",\"caller\":\"mvcc/index.go:{s}\",\"msg\":\"compact tree index\",\"revision\":{n}}}",
    "{{\"level\":\"warn\",\"ts\":\"{t}\",\"msg\":\"apply request took too long\",\"took\":\"{s}ms\",\"request\":\"header:<ID:{n} > lease_revoke:<id:{h16}>\"}}",
    "{a} - - [11/Feb/2026:10:00:{s} +0000] \"GET /cart/{u} HTTP/1.1\" 200 {n} \"-\" \"curl/8.5\"",
    "{a} - - [11/Feb/2026:10:00:{s} +0000] \"POST /login?next=%2Fhome HTTP/2.0\" 302 0 rt=0.{s}",
    "[{t}] \"GET /api/v1/items/{n} HTTP/1.1\" 503 UF 0 91 3 - \"{a}\" \"grpc-go\" \"{u}\" \"web:80\" \"{a}:8080\"",
    "{t} [{s}] LOG:  checkpoint complete: wrote {n} buffers (0.1%); sync=0.00{s} s",
    "{t} [{s}] FATAL:  password authentication failed for user \"app\"",
    "{t} UTC [{s}] DETAIL:  Connection matched file \"pg_hba.conf\" line 9: \"host all all {a}/32 md5\"",
    "\tat com.example.shop.TokenService.verify(TokenService.java:{s})",
    "java.lang.IllegalStateException: Could not resolve placeholder 'db.password' in value \"${{db.password}}\"",
    "Caused by: org.postgresql.util.PSQLException: Connection to {a}:5432 refused.",
    "apiserver_request_total{{code=\"200\",resource=\"secrets\",verb=\"LIST\"}} {n}",
    "authentication_token_cache_active_fetch_count{{status=\"in_flight\"}} {s}",
    "container_memory_working_set_bytes{{id=\"/kubepods/pod{u}\",pod=\"{p}\"}} {n}",
    "kube_secret_info{{namespace=\"shop\",secret=\"{p}\"}} 1", "go_gc_duration_seconds{{quantile=\"0.5\"}} 0.{n}",
    "workqueue_depth{{name=\"token_cleaner\"}} {s}", "tokens_total={n} prompt_tokens={s} max_tokens={n}",
    "{p}   1/1   Running   {s} (3h ago)   5d   {a}   node-{s}   <none>   <none>",
    "Normal  Pulled  {s}s  kubelet  Successfully pulled image \"nginx:1.{s}\" in {s}ms",
    "Warning  BackOff  2m  kubelet  Back-off restarting failed container web in pod {p}_shop({u})",
    "MountVolume.SetUp failed for volume \"kube-api-access-{h8}\" : failed to fetch token: pod \"{p}\" not found",
    "Error: couldn't find key DB_PASSWORD in Secret shop/{p}", "  - secretRef: {{name: {p}}}",
    "Opaque   {s}   {n}d   {p}-credentials", "      DB_PASSWORD_FILE:  /run/secrets/{h8}",
    "kind: Secret", "  name: sh.helm.release.v1.shop.v{s}", "audit-id: {u}", "x-request-id: {u}",
    "traceparent=00-{h32}-{h16}-01", "trace_id={h32} span_id={h16} key=orders/{n}",
    "level=info msg=\"cache miss\" key=user:{n}:cart partition_key={h32}",
    "level=info component=oidc msg=\"verified token\" issuer=https://issuer.example aud=web exp={n}",
    "level=error ts={t} msg=\"token expired\" token=expired expiry={n}",
    "raft: {h16} became follower at term {s}", "member {h16} has already been bootstrapped",
    "dns: {p}.shop.svc.cluster.local. {s} IN A {a}", "GET https://{a}:443/api/v1/namespaces/shop/secrets?limit=500",
    "http://web.shop.svc:8080/items/{n}?continue={h32}", "Authorization header is missing ({s})",
    "redis://redis-master:6379/{s} connected", "dial tcp {a}:5432: connect: connection refused",
    "postgres://app@db.shop.svc:5432/shop: timeout", "user bob@example.com logged in from {a}",
    "password reset requested for user {n}", "Password: (hidden)", "enter password for {p}: ",
    "secret/{p} configured", "secrets \"{p}\" is forbidden: User \"dev\" cannot get resource \"secrets\"",
    "git.commit={h40} build={n}", "build-id: {h40}", "sha256:{h64}", "revision={h40} branch=main",
    "SHA1 Fingerprint={h40}", "serial={h32} subject=CN=kubelet-{s}", "Content-Length: {n}",
    "publicKey: {ca}", "ssh-ed25519 {ca} ops@example.com", "    -----BEGIN CERTIFICATE-----",
    "    -----END CERTIFICATE-----", "{ca}", "kid={h32} alg=RS256 use=sig",
    "key=value pairs: {s}; missing key {p}", "tls.key: {s} bytes", "password:  {s} bytes",
    "token:  {n} bytes", "Tokens:              {p}-token-{h5}", "secret.reloader.io/{p}: {h64}",
    "I0211 10:00:{s}.{n} 1 token_manager.go:{s}] rotated service account token for shop/{p}",
    "envoy: ssl.handshake: {s}, auth.jwt_authn.allowed: {n}", "argocd.argoproj.io/tracking-id: {p}:apps/Deployment",
    "cert-manager.io/private-key-secret-name: {p}", "leader election lease kube-system/{p} acquired by node-{s}_{u}",
    "etag=W/\"{h16}\" last-modified={t}", "  nodeName: ip-10-0-{s}-{s}.ec2.internal", "arn:aws:iam::{n}:role/{p}",
    "projects/shop-{n}/secrets/db/versions/{s}", "vault.hashicorp.com/agent-inject-secret-db: secret/data/{p}",
    "passthrough=true bypass=none compass={s}", "keyspace hits={n} misses={s}", "basic checks passed {s}/{s}",
    "bearer of bad news: pod {p} evicted", "monkey patched {n} keys in {s}ms", "task-{h10}-{n} started risk-{h10}",
    "disk-{h20}-{n} attached", "desk-allocation-{h20} bound", "pvc-{u} bound to node-{s}",
)  # fmt: skip


def ordinary(each: int = 22) -> list[str]:
    """Lines with no secret in them."""
    s = Source(SEED + 1)
    return [_filled(line, s) for line in ORDINARY for _ in range(each)]


def _filled(line: str, s: Source) -> str:
    hexes = {f"h{n}": s.hex(n) for n in (5, 8, 10, 16, 20, 32, 40, 64)}
    certificate = "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0t" + s.base64(90)
    return line.format(
        **hexes, u=s.uid(), n=s.number(10**9), s=s.number(60), p=s.pod(), a=s.address(),
        t=s.moment(), ca=certificate,
    )  # fmt: skip
