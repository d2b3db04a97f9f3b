"""Structure first: where Kubernetes says a field is a secret, its value goes."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.core.redaction import LAST_APPLIED, names_a_secret, redact_text, redact_value

SECRET: dict[str, Any] = {
    "kind": "Secret",
    "metadata": {"name": "db", "uid": "0a1b2c3d-1111-4222-8333-444455556666"},
    "data": {"password": "eA==", "empty": ""},
    "stringData": {"note": "hi"},
}


def test_a_secret_keeps_its_keys_and_loses_its_values() -> None:
    clean = redact_value(SECRET)
    assert clean["metadata"] == SECRET["metadata"]
    assert clean["data"] == dict.fromkeys(("password", "empty"), "«redacted:secret-data»")
    assert clean["stringData"] == {"note": "«redacted:secret-data»"}


def test_secrets_in_lists_lose_their_values_too() -> None:
    bare = {"metadata": {"name": "a"}, "data": {"k": "dg=="}}
    for wrapper in (
        {"kind": "List", "items": [SECRET]},
        {"kind": "SecretList", "items": [bare]},
        [SECRET],
    ):
        assert "dg==" not in json.dumps(redact_value(wrapper))
        assert "eA==" not in json.dumps(redact_value(wrapper))


def test_a_config_map_keeps_its_plain_values() -> None:
    data = {"kind": "ConfigMap", "data": {"LOG_LEVEL": "debug", "DB_PASSWORD": "hunter22"}}
    clean = redact_value(data)["data"]
    assert clean == {"LOG_LEVEL": "debug", "DB_PASSWORD": "«redacted:db-password»"}


def test_environment_values_go_by_the_name_of_the_variable() -> None:
    env = [
        {"name": "API_TOKEN", "value": "abc"},
        {"name": "LOG_LEVEL", "value": "debug"},
        {"name": "DB_PASSWORD", "valueFrom": {"secretKeyRef": {"name": "db", "key": "password"}}},
        {"name": "DB_PASSWORD", "value": "$(OTHER)"},
    ]
    clean = redact_value(env)
    assert clean[0]["value"] == "«redacted:env»"
    assert clean[1:] == env[1:]


def test_the_last_applied_annotation_is_redacted_as_what_it_is() -> None:
    annotations = {LAST_APPLIED: json.dumps(SECRET), "note": "kept"}
    clean = redact_value({"kind": "Secret", "metadata": {"annotations": annotations}})
    inner = clean["metadata"]["annotations"]
    assert "eA==" not in inner[LAST_APPLIED]
    assert json.loads(inner[LAST_APPLIED])["metadata"]["name"] == "db"
    assert inner["note"] == "kept"


def test_an_unreadable_last_applied_annotation_goes_as_a_whole() -> None:
    clean = redact_value({LAST_APPLIED: '{"data": {"a": "eA=='})
    assert clean == {LAST_APPLIED: "«redacted:last-applied»"}


def test_a_kubeconfig_keeps_its_clusters_and_loses_its_users() -> None:
    config = {
        "clusters": [{"name": "c", "cluster": {"certificate-authority-data": "Y2E="}}],
        "users": [{"name": "me", "user": {"token": "t0k", "client-key-data": "a2V5"}}],
    }
    clean = redact_value(config)
    assert clean["clusters"] == config["clusters"]
    assert "t0k" not in json.dumps(clean)
    assert "a2V5" not in json.dumps(clean)


def test_authorization_headers_go() -> None:
    clean = redact_value({"headers": {"Authorization": "anything at all", "Accept": "text/plain"}})
    assert clean["headers"] == {"Authorization": "«redacted:header»", "Accept": "text/plain"}


def test_docker_credentials_go() -> None:
    auth = base64.b64encode(b"bot:pw-pw-pw").decode()
    assert auth not in json.dumps(redact_value({"auths": {"r.example": {"auth": auth}}}))


def test_json_text_is_redacted_by_structure_and_left_alone_when_clean() -> None:
    assert "eA==" not in redact_text(json.dumps(SECRET, indent=2))
    clean = '{"kind":"Pod",  "metadata":{"name":"web-1"}}'
    assert redact_text(clean) is clean


def test_a_secret_in_yaml_loses_its_values_and_its_neighbours_keep_theirs() -> None:
    text = (
        "kind: ConfigMap\ndata:\n  colour: blue\n---\n"
        "kind: Secret\ndata:\n  a: eA==\n  b: |\n    two\n    lines\nmetadata:\n  name: db\n"
    )
    assert redact_text(text) == (
        "kind: ConfigMap\ndata:\n  colour: blue\n---\n"
        "kind: Secret\ndata:\n  a: «redacted:secret-data»\n  b: «redacted:secret-data»\n\n\n"
        "metadata:\n  name: db\n"
    )


def test_a_secret_as_json_inside_other_text_loses_its_values_too() -> None:
    compact = json.dumps(SECRET, separators=(",", ":"))
    for text in (
        f"found 1 object:\n{json.dumps(SECRET)}\n",
        f"metadata:\n  annotations:\n    {LAST_APPLIED}: |\n      {compact}\nkind: Secret\n",
        f"msg={json.dumps(json.dumps(SECRET))}",
        compact[:-20],
    ):
        assert "eA==" not in redact_text(text)
        assert "0a1b2c3d-1111" in redact_text(text)


def test_a_password_that_is_a_number_goes() -> None:
    assert redact_value({"password": 12345678, "port": 5432})["password"] == "«redacted:number»"
    assert redact_value({"password": True}) == {"password": True}


@pytest.mark.parametrize(
    "name", ["DB_PASSWORD", "apiKey", "aws_secret_access_key", "token", "clientSecret", "dsn"]
)
def test_names_that_hold_secrets(name: str) -> None:
    assert names_a_secret(name)


@pytest.mark.parametrize(
    "name",
    ["secretName", "TOKEN_FILE", "continueToken", "key", "publicKey", "tokens", "compass", "name"],
)
def test_names_that_do_not(name: str) -> None:
    assert not names_a_secret(name)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(JSON)
def test_any_json_keeps_its_shape(value: Any) -> None:
    def shape(v: Any) -> Any:
        if isinstance(v, dict):
            return {k: shape(i) for k, i in v.items()}
        return [shape(i) for i in v] if isinstance(v, list) else None

    assert shape(redact_value(value)) == shape(value)


@given(st.dictionaries(st.text(min_size=1), st.text(min_size=20), min_size=1))
def test_no_value_of_a_secret_survives(data: dict[str, str]) -> None:
    clean = redact_value({"kind": "Secret", "data": data})
    assert set(clean["data"].values()) == {"«redacted:secret-data»"}
