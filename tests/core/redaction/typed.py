"""Objects whose structure says where the secret is, whatever it looks like."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

from tests.core.redaction.generated import SEED, Source
from workbench.core.redaction import LAST_APPLIED


def _packed(secret: str) -> str:
    return base64.b64encode(secret.encode()).decode()


def _container(entry: dict[str, Any]) -> dict[str, Any]:
    return {"kind": "Pod", "spec": {"containers": [{"name": "web", "env": [entry]}]}}


PLACES: tuple[Callable[[str], Any], ...] = (
    lambda v: {"kind": "Secret", "data": {"config": v}},
    lambda v: {"kind": "Secret", "stringData": {"note": v}},
    lambda v: {"kind": "SecretList", "items": [{"data": {"a": v}}]},
    lambda v: {"kind": "List", "items": [{"kind": "Secret", "data": {"a": v}}]},
    lambda v: _container({"name": "DB_PASSWORD", "value": v}),
    lambda v: _container({"name": "PASSWORD_PRIMARY", "value": v}),
    lambda v: _container({"name": "STRIPE_API_KEY", "value": v}),
    lambda v: {"metadata": {"annotations": {LAST_APPLIED: json.dumps({"kind": "Secret", "data": {"a": v}})}}},
    lambda v: {"metadata": {"annotations": {LAST_APPLIED: json.dumps(_container({"name": "API_TOKEN", "value": v}))}}},
    lambda v: {"users": [{"name": "me", "user": {"token": v}}]},
    lambda v: {"users": [{"name": "me", "user": {"client-key-data": v}}]},
    lambda v: {"users": [{"user": {"exec": {"env": [{"name": "OIDC_CLIENT_SECRET", "value": v}]}}}]},
    lambda v: {"users": [{"user": {"username": "me", "password": v}}]},
    lambda v: {"kind": "ConfigMap", "data": {"SMTP_PASSWORD": v}},
    lambda v: {"auths": {"r.example": {"auth": v}}},
    lambda v: {"headers": {"Authorization": v}},
    lambda v: {"headers": {"X-Vault-Token": v}},
    lambda v: {"kind": "Secret", "type": "helm.sh/release.v1", "data": {"release": v}},
    lambda v: {"status": {"token": v, "expirationTimestamp": "2026-02-11T10:00:00Z"}, "kind": "TokenRequest"},
    lambda v: {"text": json.dumps({"kind": "Secret", "data": {"a": v}})},
    lambda v: {"kind": "Pod", "spec": {"containers": [{"args": ["--db-password", v, "--port=80"]}]}},
    lambda v: {"kind": "Pod", "spec": {"containers": [{"args": [f"--db-password={v}"]}]}},
    lambda v: {"kind": "Pod", "spec": {"containers": [{"command": ["sh", "-c", f"mysql -p{v} -e x"]}]}},
    lambda v: _container({"name": "DATABASE_URL", "value": f"postgres://app:{v}@db/shop"}),
    lambda v: _container({"name": "CONFIG", "value": json.dumps({"db": {"password": v}})}),
    lambda v: {"kind": "ConfigMap", "data": {"app.properties": f"a=b\nspring.datasource.password={v}\n"}},
    lambda v: {"kind": "ConfigMap", "data": {"app.yaml": f"db:\n  user: a\n  password: {v}\n"}},
    lambda v: {"kind": "ConfigMap", "data": {"kubeconfig": f"users:\n- name: a\n  user:\n    token: {v}9a\n"}},
    lambda v: {"kind": "ConfigMap", "data": {"alertmanager.yml": f"receivers:\n- name: a\n  pagerduty_configs:\n  - routing_key: {v}9a\n"}},
    lambda v: {"kind": "MutatingWebhookConfiguration", "webhooks": [{"clientConfig": {"url": f"https://hook:{v}@hooks.example/m"}}]},
    lambda v: {"kind": "Database", "spec": {"adminPassword": v}, "apiVersion": "example.com/v1"},
    lambda v: {"kind": "Database", "status": {"connection": {"connectionString": f"Server=db;User Id=sa;Password={v};"}}},
    lambda v: {"kind": "Application", "spec": {"source": {"helm": {"parameters": [{"name": "auth.password", "value": v}]}}}},
    lambda v: {"kind": "Application", "spec": {"source": {"helm": {"values": f"auth:\n  rootPassword: {v}\n"}}}},
    lambda v: {"kind": "HelmRelease", "spec": {"values": {"auth": {"clientSecret": v}}}},
    lambda v: {"info": {"config": {"envs": [{"key": "REDIS_PASSWORD", "value": v}]}}},
    lambda v: {"Config": {"Env": ["PATH=/bin", f"DB_PASSWORD={v}"]}},
    lambda v: {"kind": "Secret", "type": "kubernetes.io/dockerconfigjson", "data": {".dockerconfigjson": v}},
    lambda v: {"kind": "Secret", "type": "kubernetes.io/service-account-token", "data": {"token": v}},
    lambda v: {"kind": "Secret", "metadata": {"annotations": {LAST_APPLIED: json.dumps({"kind": "Secret", "stringData": {"k": v}})}}},
)  # fmt: skip


def typed(count: int) -> list[tuple[Any, str]]:
    """Values and the secret each holds."""
    s = Source(SEED + 2)
    found: list[tuple[Any, str]] = []
    while len(found) < count:
        secret = _packed(s.password() + s.alnum(6))
        found += [(place(secret), secret) for place in PLACES]
    return found[:count]
