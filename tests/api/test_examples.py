"""The examples of docs/api.md, sent in their order to a real server, answer as it says there."""

from __future__ import annotations

import argparse
import re
import shlex
import string
from pathlib import Path
from typing import Any, NamedTuple

import httpx2

from tests.api.conftest import signed

PAGE = (Path(__file__).parents[2] / "docs" / "api.md").read_text()
CURL = argparse.ArgumentParser(exit_on_error=False)
CURL.add_argument("url")
CURL.add_argument("-H", dest="headers", action="append", default=[])
CURL.add_argument("-d", dest="body")
CURL.add_argument("-X", dest="method", default="")
CURL.add_argument("-N", action="store_true")


class Example(NamedTuple):
    """One line of curl; ``answers`` is the status that stands behind it."""

    line: str
    answers: int


def examples() -> tuple[dict[str, str], list[Example]]:
    """The variables that the page sets, and its examples."""
    block = next(b for b in re.findall(r"```\n(.*?)```", PAGE, re.DOTALL) if "curl " in b)
    found = re.findall(r"^(curl .*\S) +# (\d{3})", block, re.MULTILINE)
    assert len(found) == PAGE.count("curl ")  # each says what it answers
    variables = dict(re.findall(r'(\w+)="([^"]*)"', block.splitlines()[0]))
    return variables, [Example(line, int(status)) for line, status in found]


def sent(line: str, variables: dict[str, str]) -> httpx2.Response:
    """What curl would send, sent; without -H for JSON it says the body is a form, as curl does."""
    words = [string.Template(word).substitute(variables) for word in shlex.split(line)[1:]]
    given = CURL.parse_args(words)
    headers = dict(header.split(": ", 1) for header in given.headers)
    if given.body is not None:
        headers.setdefault("Content-Type", "application/x-www-form-urlencoded")
    method = given.method or ("GET" if given.body is None else "POST")
    return httpx2.request(method, given.url, headers=headers, content=given.body, timeout=60)


def described(tree: Any, answer: httpx2.Response) -> bool:
    """Whether the OpenAPI document has that operation with that status."""
    asked, status = answer.request, str(answer.status_code)
    for path, operations in tree["paths"].items():
        pattern = re.sub(r"\{\w+\}", "[^/]+", path)
        operation = operations.get(asked.method.lower())
        if operation and re.fullmatch(pattern, asked.url.path):
            known = operation["responses"]
            return status in known or (answer.is_client_error and "default" in known)
    return False


def test_every_example_answers_as_the_page_says(server: str) -> None:
    token = signed("examples-ann")
    variables, found = examples()
    known = {"URL": server, "TOKEN": token}
    known |= {name: string.Template(text).substitute(known) for name, text in variables.items()}
    answers = []
    for line, status in found:
        answers.append(sent(line, known))
        assert answers[-1].status_code == status, (line, answers[-1].text)
    by_path = {a.request.url.path.removeprefix("/api/"): a for a in answers}
    listed = [one["label"] for one in by_path["investigations"].json()["items"]]
    stream = by_path["chat/stream"].headers["x-investigation"]
    first = by_path["chat"].json()["number"]
    assert listed == [stream, f"INV-{first}"]
    assert {c["tool"] for c in by_path["audit"].json()["items"]} == {"kube_diagnose"}
    with httpx2.Client(base_url=server, headers={"Authorization": f"Bearer {token}"}) as ann:
        tree = ann.get("/api/openapi.json").json()
        assert [a.request.url.path for a in answers if not described(tree, a)] == []
        run = by_path["runbooks/pending-pod/runs"].json()  # it goes on with nobody to see it
        assert ann.post(f"/api/runs/{run['id']}/cancel").status_code == 200
