from __future__ import annotations

import pytest

from tests.kubernetes.objects import crashing, secret
from workbench.kubernetes.masking import MASK, masked, masked_value


@pytest.mark.parametrize(
    "name", ["DB_PASSWORD", "PW", "apiKey", "API_TOKEN", "AWS_SECRET_ACCESS_KEY", "SENTRY_DSN"]
)
def test_a_secret_name_hides_its_value(name: str) -> None:
    assert masked_value(name, "hunter2") == MASK


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LOG_LEVEL", "info"),
        ("DB_HOST", "db.shop.svc"),
        ("AUTH_URL", "http://auth.shop.svc"),
        ("TOKEN_TTL", "3600"),
        ("PASSWORD_FILE", "/run/secrets/pw"),
        ("PORT", "8080"),
        ("AUTHOR", "ada"),
    ],
)
def test_a_harmless_value_is_left_as_it_is(name: str, value: str) -> None:
    assert masked_value(name, value) == value


def test_only_the_password_of_a_url_is_hidden() -> None:
    shown = masked_value("DATABASE_URL", "postgres://web:hunter2@db:5432/web")
    assert shown == "postgres://web:«redacted:url-credentials»@db:5432/web"


def test_a_token_is_known_by_its_shape() -> None:
    assert masked_value("EXTRA", "AKIA" + "IOSFODNN7EXAMPLE") == "«redacted:aws-key»"


def test_values_of_a_secret_become_their_length_in_a_list_too() -> None:
    listed = masked({"kind": "SecretList", "items": [secret("db", "correct horse")]})
    assert listed["items"][0]["data"] == {"password": "<13 bytes>"}
    assert "Y29ycmVj" not in str(listed)


def test_managed_fields_go_unless_asked_for() -> None:
    tree = crashing("web")
    tree["metadata"]["managedFields"] = [{"manager": "kubectl"}]
    assert "managedFields" not in masked(tree)["metadata"]
    assert "managedFields" in masked(tree, managed_fields=True)["metadata"]


def test_the_applied_copy_of_an_object_with_hidden_values_goes() -> None:
    tree = crashing("web")
    name = "kubectl.kubernetes.io/last-applied-configuration"
    tree["metadata"]["annotations"] = {name: '{"env": "hunter2"}'}
    assert "hunter2" not in str(masked(tree))
