"""Secrets as they turn up in logs, events, manifests and dumps: (text, the part that must go).

Tokens are put together from pieces, so that scanners do not take this file for a leak.
"""

from __future__ import annotations

import base64
import random
import string

_random = random.Random(7)
_ALNUM = string.ascii_letters + string.digits


def _of(alphabet: str, length: int) -> str:
    return "".join(_random.choice(alphabet) for _ in range(length - 2)) + "7q"


def _hex(length: int) -> str:
    return "".join(_random.choice("0123456789abcdef") for _ in range(length))


def _jwt() -> str:
    return ".".join(("eyJ" + _of(_ALNUM, 33), "eyJ" + _of(_ALNUM, 80), _of(_ALNUM, 43)))


def _pem(kind: str) -> tuple[str, str]:
    body = "\n".join(_of(_ALNUM, 64) for _ in range(4))
    return f"-----BEGIN {kind}-----\n{body}\n-----END {kind}-----", body


def _secrets() -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []

    def add(template: str, secret: str) -> None:
        found.append((template.replace("@@", secret), secret))

    add("I0211 10:00:01 request Authorization: Bearer @@ status=200", _jwt())
    add("curl -H 'Authorization: Bearer @@' https://10.0.0.1:6443/api", _jwt())
    add('msg="token rejected" token=@@', _jwt())
    add("the id_token was @@, audience mismatch", _jwt())
    add("Authorization: Basic @@", base64.b64encode(b"admin:hunter2hunter2").decode())
    add('{"headers":{"Authorization":"Basic @@"}}', base64.b64encode(b"ops:s3cr3t!pw").decode())
    add("Proxy-Authorization: Basic @@", base64.b64encode(b"proxy:pa55w0rd").decode())
    add("using bearer @@ for upstream", _of(_ALNUM, 40))
    add("aws_access_key_id = @@", "AKIA" + _of(string.ascii_uppercase, 14).upper() + "QX")
    add("AccessDenied for @@ on s3:GetObject", "ASIA" + _of(string.ascii_uppercase, 16).upper())
    add("aws_secret_access_key = @@", _of(_ALNUM + "/+", 40))
    add("AWS_SECRET_ACCESS_KEY=@@", _of(_ALNUM, 40))
    add("AWS_SESSION_TOKEN=@@ AWS_REGION=eu-west-1", _of(_ALNUM, 120))
    for kind in ("RSA PRIVATE KEY", "EC PRIVATE KEY", "PRIVATE KEY", "OPENSSH PRIVATE KEY"):
        text, body = _pem(kind)
        found.append((f"loaded key:\n{text}\ndone", body))
    text, body = _pem("PRIVATE KEY")
    found.append((text.replace("\n", "\\n"), body.replace("\n", "\\n")))
    add("dial postgres://shop:@@@db.shop.svc:5432/shop?sslmode=disable: refused", _of(_ALNUM, 16))
    add("DATABASE_URL=postgresql://app:@@@10.2.3.4/app", "p%40ss" + _of(_ALNUM, 8))
    add("redis://:@@@redis-master:6379/0 is not reachable", _of(_ALNUM, 20))
    add("amqp://guest:@@@rabbitmq:5672/ connection closed", _of(_ALNUM, 12))
    add("mongodb+srv://svc:@@@cluster0.example.net/prod", _of(_ALNUM, 18))
    add("git clone https://oauth2:@@@git.example.com/shop.git", _of(_ALNUM, 26))
    add("cloning https://@@@github.example.com/shop.git", _of(_ALNUM, 40))
    add("jdbc:mysql://db:3306/shop?user=root&password=@@", "Tr0ub4dor")
    add("Server=sql;User Id=sa;Password=@@;Encrypt=true", "Sup3r$tr0ng")
    add("connect failed: host=db user=shop password=@@ dbname=shop", "correcthorse")
    add('level=info msg=login user=bob password="@@"', "open sesame 1")
    add('{"level":"debug","db":{"user":"app","password":"@@"}}', "hunter2")
    add("config: {'db_password': '@@', 'host': 'db'}", "winter-2024")
    add("PGPASSWORD=@@ psql -h db", "letmein99")
    add("MYSQL_ROOT_PASSWORD=@@", "rootroot1")
    add("spring.datasource.password=@@", "changeit!")
    add("password: @@", "swordfish-1")
    add("      DB_PASSWORD:  @@", "swordfish")
    add("  REDIS_AUTH_TOKEN:    @@", _of(_ALNUM, 32))
    add("export API_KEY=@@", _of(_ALNUM, 32))
    add("x-api-key: @@", _of(_ALNUM, 32))
    add("apiKey=@@&limit=10", _of(_ALNUM, 24))
    add('"client_secret": "@@"', _of(_ALNUM, 28))
    add("OAUTH_CLIENT_SECRET='@@'", _of(_ALNUM, 28))
    add("vault login --token @@", "s." + _of(_ALNUM, 24))
    add("helm upgrade shop --set db.password=@@", "pa55phrase")
    add("args: [--password, @@, --user, root]", "s3cr3tArg")
    add("mysqladmin --password=@@ ping", "t0psecret")
    add("kubeadm join 10.0.0.1:6443 --token @@", "abcdef.0123456789abcdef")
    add("bootstrap token: @@", "q1w2e3.0123456789abcdef")
    add("VAULT_TOKEN is @@", "hvs." + _of(_ALNUM, 30))
    add("pushed with @@", "gh" + "p_" + _of(_ALNUM, 36))
    add("remote: invalid token @@", "gh" + "s_" + _of(_ALNUM, 36))
    add("using @@ for ghcr", "github" + "_pat_" + _of(_ALNUM, 60))
    add("gitlab runner registered with @@", "gl" + "pat-" + _of(_ALNUM, 20))
    add("slack: @@ not_authed", "xox" + "b-" + "123456789012-" + _of(_ALNUM, 24))
    add("POST https://hooks.slack.com/services/@@ 404", "T0AB12CD3/B0EF45GH6/" + _of(_ALNUM, 24))
    add("stripe key @@ is expired", "sk" + "_live_" + _of(_ALNUM, 24))
    add("webhook secret @@", "wh" + "sec_" + _of(_ALNUM, 32))
    add("sendgrid @@", "SG" + "." + _of(_ALNUM, 22) + "." + _of(_ALNUM, 43))
    add("google key @@ denied", "AI" + "za" + _of(_ALNUM, 35))
    add("google token @@", "ya" + "29." + _of(_ALNUM, 60))
    add("AccountName=shop;AccountKey=@@;EndpointSuffix=core", _of(_ALNUM, 86))
    add("GET /c/b.tgz?sv=2022&sig=@@ 403", _of(_ALNUM, 43))
    add("npm ERR! 401 with @@", "np" + "m_" + _of(_ALNUM, 36))
    add("twine: @@", "py" + "pi-AgEIcHlwaS5vcmc" + _of(_ALNUM, 60))
    add("openai: incorrect key @@", "sk" + "-proj-" + _of(_ALNUM, 40))
    add("anthropic: invalid x-api-key @@", "sk" + "-ant-api03-" + _of(_ALNUM, 40))
    add("hub token @@", "h" + "f_" + _of(_ALNUM, 34))
    add("doctl auth with @@", "dop" + "_v1_" + _hex(64))
    add("telegram bot @@ stopped", "123456789:AA" + _of(_ALNUM, 33))
    add("decrypting with @@", "AGE-SECRET-KEY-1" + _of(string.ascii_uppercase, 58).upper())
    add("admin:@@", "$2b$12$" + _of(_ALNUM, 53))
    add("Set-Cookie: session=@@; HttpOnly", _of(_ALNUM, 40))
    add("Cookie: _oauth2_proxy=@@", _of(_ALNUM, 60))
    add("- name: SMTP_PASSWORD\n  value: @@", "mailer-1")
    add('env:\n  - name: "JWT_SECRET"\n    value: "@@"', "dont-tell-anyone")
    add("kind: Secret\nmetadata:\n  name: db\ndata:\n  password: @@\n", "aHVudGVyMg==")
    add("apiVersion: v1\ndata:\n  tls.key: @@\nkind: Secret\n", _of(_ALNUM, 60))
    add("kind: Secret\nstringData:\n  a.conf: |\n    user root\n    @@\n", "opensesame")
    add("users:\n- name: me\n  user:\n    token: @@\n", _of(_ALNUM, 40))
    add("    client-key-data: @@", "LS0tLS1CRUdJTi" + _of(_ALNUM, 60))
    add(".dockerconfigjson: @@", "eyJhdXRocyI6" + _of(_ALNUM, 60))
    add('{"auths":{"r.example":{"auth":"@@"}}}', base64.b64encode(b"bot:pull-pw-1").decode())
    add("release: @@", "H4sI" + _of(_ALNUM, 160))
    return found


SECRETS: tuple[tuple[str, str], ...] = tuple(_secrets())
