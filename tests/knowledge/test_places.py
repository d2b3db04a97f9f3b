"""Documents are found in folders and checkouts; web pages only where that is allowed."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.support.http_server import Handler, listening
from workbench.errors import DocumentUnreadable, UsageError
from workbench.knowledge.places import MOST_BYTES, places
from workbench.knowledge.web import fetch, is_public

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def names(folder: Path) -> list[str]:
    return [
        Path(p.source).relative_to(folder.resolve()).as_posix() for p in places(str(folder), NOW)
    ]


def test_a_folder_gives_its_documents_and_follows_no_link_out_of_it(tmp_path: Path) -> None:
    folder = tmp_path / "docs"
    (folder / "deep").mkdir(parents=True)
    (folder / ".hidden").mkdir()
    (tmp_path / "secret.md").write_text("no")
    for name in ("b.md", "deep/a.html", "photo.png", ".hidden/c.md"):
        (folder / name).write_text("x")
    (folder / "link.md").symlink_to(tmp_path / "secret.md")
    assert names(folder) == ["b.md", "deep/a.html"]


def test_a_checkout_gives_what_is_tracked(tmp_path: Path) -> None:
    (tmp_path / "tracked.md").write_text("x")
    (tmp_path / "generated.md").write_text("x")
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    subprocess.run(["git", "-C", str(tmp_path), "add", "tracked.md"], check=True)
    assert names(tmp_path) == ["tracked.md"]


def test_a_path_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no file or folder"):
        list(places(str(tmp_path / "none"), NOW))


def test_a_document_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "large.md"
    with path.open("wb") as file:
        file.truncate(MOST_BYTES + 1)
    (place,) = places(str(path), NOW)
    with pytest.raises(DocumentUnreadable, match="bytes"):
        place.load()


class Site(Handler):
    def do_GET(self) -> None:
        if self.path == "/away":
            return self.answer(status=302, Location="http://169.254.169.254/latest/meta-data")
        if self.path == "/round":
            return self.answer(status=302, Location="/round")
        return self.answer(b"<h1>Hello</h1>", 200 if self.path == "/page" else 404)


@pytest.fixture
def web() -> Iterator[str]:
    with listening(Site) as address:
        yield address


def test_web_pages_are_off_until_somebody_allows_them(web: str) -> None:
    with pytest.raises(UsageError, match="off"):
        list(places(f"{web}/page", NOW))
    (place,) = places(f"{web}/page", NOW, urls=True)
    assert place.name == "page.html"


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "localhost", "[::1]", "10.0.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.0",
     "100.64.0.1", "[::ffff:127.0.0.1]", "[fd00::1]", "224.0.0.1", "2130706433", "0x7f.1"],
)  # fmt: skip
def test_addresses_that_are_not_public_are_refused(address: str) -> None:
    with pytest.raises(DocumentUnreadable, match=r"not a public address|cannot be fetched"):
        fetch(f"http://{address}/page", 1000)


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("8.8.8.8", True),
        ("2606:4700::1111", True),
        ("64:ff9b::808:808", True),
        ("64:ff9b::a9fe:a9fe", False),  # 169.254.169.254, behind a NAT64 gateway
        ("64:ff9b:1::a00:1", False),
        ("2002:7f00:1::", False),
        ("::7f00:1", False),
        ("::ffff:0:7f00:1", False),
        ("fec0::1", False),
        ("fe80::1%eth0", False),
    ],
)
def test_an_address_within_another_is_judged_by_itself(address: str, public: bool) -> None:
    assert is_public(address) is public


def test_a_page_is_fetched_where_private_addresses_are_allowed(web: str) -> None:
    assert fetch(f"{web}/page", 1000, public=lambda _: True) == b"<h1>Hello</h1>"
    with pytest.raises(DocumentUnreadable, match="404"):
        fetch(f"{web}/none", 1000, public=lambda _: True)
    with pytest.raises(DocumentUnreadable, match="more than 3 bytes"):
        fetch(f"{web}/page", 3, public=lambda _: True)
    with pytest.raises(DocumentUnreadable, match="redirects more"):
        fetch(f"{web}/round", 1000, public=lambda _: True)


@pytest.mark.parametrize("url", ["file:///etc/passwd", "http://a:b@example.com/", "http:///x"])
def test_only_plain_web_addresses_are_fetched(url: str) -> None:
    with pytest.raises(DocumentUnreadable):
        fetch(url, 1000)


def test_a_redirect_is_checked_like_the_first_address(web: str) -> None:
    """As if the first address were public: only the second one is judged."""
    checked: list[str] = []

    def public(host: str) -> bool:
        checked.append(host)
        return host == "127.0.0.1"

    with pytest.raises(DocumentUnreadable, match=r"169\.254\.169\.254 is not a public"):
        fetch(f"{web}/away", 1000, public=public)
    assert checked == ["127.0.0.1", "169.254.169.254"]
