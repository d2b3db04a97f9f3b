"""Knowledge over the API: taken in, found, and removed by whose it is."""

from __future__ import annotations

import base64
from collections.abc import Callable

import httpx2
import pytest

Client = Callable[..., httpx2.Client]
WORDS = "zebrafish migrations stall the billing queue"


def sources(client: httpx2.Client, query: str) -> list[str]:
    found = client.get("/api/documents/search", params={"q": query}).json()
    return [p["source"] for p in found["passages"]]


def listed(client: httpx2.Client) -> dict[str, str]:
    return {d["source"]: d["id"] for d in client.get("/api/documents").json()["items"]}


def test_a_file_is_taken_in_found_replaced_and_removed(as_person: Client) -> None:
    dora, other = as_person("docs-dora"), as_person("docs-otto")
    made = dora.post("/api/documents", json={"name": "billing.md", "text": f"# B\n\n{WORDS}"})
    assert (made.status_code, made.json()["added"]) == (201, 1)
    assert sources(dora, "zebrafish")[0] == "upload:billing.md"
    assert "upload:billing.md" not in sources(other, "zebrafish")
    packed = base64.b64encode(b"# B\n\nquokka").decode()
    assert dora.post(
        "/api/documents", json={"name": "billing.md", "base64": packed}
    ).json()["added"] == 1  # fmt: skip
    assert "upload:billing.md" not in sources(dora, "zebrafish")
    id = listed(dora)["upload:billing.md"]
    assert other.delete(f"/api/documents/{id}").status_code == 404
    assert dora.delete(f"/api/documents/{id}").status_code == 204
    assert "upload:billing.md" not in listed(dora)


def test_secrets_are_taken_out_first(as_person: Client) -> None:
    dora = as_person("docs-dora2")
    text = "# Access\n\npassword: hunter2-is-secret for the wombat database"
    dora.post("/api/documents", json={"name": "access.md", "text": text})
    assert "hunter2" not in dora.get("/api/documents/search", params={"q": "wombat"}).text


def test_what_is_everybodys_takes_an_administrator(as_person: Client) -> None:
    dora, root = as_person("docs-dora3"), as_person("docs-root", "admins")
    body = {"name": "all.md", "text": "# All\n\nmeerkat rules", "shared": True}
    assert dora.post("/api/documents", json=body).status_code == 403
    assert root.post("/api/documents", json=body).status_code == 201
    id = listed(dora)["upload:all.md"]
    assert dora.delete(f"/api/documents/{id}").status_code == 403
    assert root.delete(f"/api/documents/{id}").status_code == 204


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"name": "x.exe", "text": "a"}, 422),
        ({"name": "x.md"}, 400),
        ({"name": "x.md", "text": "a", "base64": "YQ=="}, 400),
        ({"name": "x.md", "base64": "!"}, 400),
        ({"name": "../x.md", "text": "a"}, 422),
        ({"name": "x.pdf", "text": "no pdf"}, 422),
    ],
)
def test_what_is_no_document_is_refused(
    as_person: Client, body: dict[str, str], status: int
) -> None:
    answer = as_person("docs-wrong").post("/api/documents", json=body)
    assert answer.status_code == status
    assert answer.json()["title"]
