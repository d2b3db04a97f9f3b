from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.core.render.test_picture import hostile
from tests.notebook.test_kernel import Kernel, displays, run, until_idle, value
from tests.support import kernels
from workbench.notebook import interactive
from workbench.notebook.display import MIME

COLOURS = ("paper", "ink", "muted", "line", "band", "change", "bad", "warn")


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernel]:
    folder: Path = tmp_path_factory.mktemp("kernel")
    with kernels.kernel(kernels.environment(folder), folder) as started:
        run(started, "%load_ext workbench")
        yield started


def test_a_timeline_is_a_picture_and_its_value_a_frame(kernel: Kernel) -> None:
    shown = displays(run(kernel, "t = %k8s_timeline deploy/web -n shop --since 2h"))
    assert [kind for kind, _ in shown] == ["display_data"]
    assert "<svg" in shown[0][1]["data"]["text/html"]
    assert shown[0][1]["data"][MIME]["kind"] == "timeline"
    assert value(kernel, "t.dtypes['at'], len(t), t.attrs['evidence']") == (
        "datetime64[us, UTC] 2 E4"
    )
    assert value(kernel, "t.attrs['change']['what']") == "rolled out revision 2"
    assert value(kernel, "list(t.marked)") == "['change', 'symptom']"


def test_the_python_twin_does_the_same(kernel: Kernel) -> None:
    run(kernel, "import workbench as wb")
    shown = displays(run(kernel, "t = wb.timeline('deploy/web', show=False)"))
    assert shown == []
    assert value(kernel, "list(t.columns)[:4]") == "['at', 'marked', 'object', 'what']"


def test_other_formats_are_written_out(kernel: Kernel) -> None:
    seen = run(kernel, "%k8s_timeline deploy/web --format text")
    words = "".join(content["text"] for kind, content in seen if kind == "stream")
    assert words.startswith("Changed before it broke: ")
    seen = run(kernel, "%k8s_timeline deploy/web --format svg -o kept")
    assert "".join(c["text"] for kind, c in seen if kind == "stream").startswith("<svg")
    assert value(kernel, "len(kept)") == "2"


def test_half_an_object_is_refused(kernel: Kernel) -> None:
    shown = displays(run(kernel, "%k8s_timeline deploy"))
    assert "is no object" in str(shown[-1][1])


def asked_for(kernel: Kernel, cell: str, **how: bool) -> tuple[list[Any], dict[str, Any]]:
    """The comms that a cell opened, and what it displayed first."""
    seen = until_idle(kernel[1], kernel[1].execute(cell, **how))
    comms = [c for kind, c in seen if kind == "comm_open"]
    return [c for c in comms if "picture" in c["data"]["state"]], displays(seen)[0][1]["data"]


def test_a_page_that_asks_gets_a_picture_that_moves(kernel: Kernel) -> None:
    (offer,), shown = asked_for(kernel, "t = %k8s_timeline deploy/web")
    assert set(shown) == {"text/plain", "text/markdown", "text/html", MIME}  # no widget is saved
    assert f'data-picture="{offer["data"]["state"]["picture"]}"' in shown["text/html"]
    assert value(kernel, "'bokeh' in __import__('sys').modules") == "False"
    shades = dict.fromkeys(COLOURS, "#112233")
    wanted = {"colours": shades, "look": "dark", "have": []}
    answer = answered(kernel, offer, wanted)
    assert "rolled out revision 2" in str(answer["content"]["data"]["content"]["item"])
    assert b"BokehJS" in answer["buffers"][0].tobytes()
    wanted["have"] = [answer["content"]["data"]["content"]["version"]]
    assert answered(kernel, offer, wanted)["buffers"] == []


def answered(kernel: Kernel, offer: dict[str, Any], wanted: dict[str, Any]) -> dict[str, Any]:
    """What the kernel sent to a page that asked for that."""
    client = kernel[1]
    data = {"method": "custom", "content": wanted}
    message = client.session.msg("comm_msg", {"comm_id": offer["comm_id"], "data": data})
    client.shell_channel.send(message)
    while True:
        got: dict[str, Any] = client.get_iopub_msg(timeout=60)
        if got["msg_type"] == "comm_msg" and got["content"]["data"].get("method") == "custom":
            return got


def test_nobody_in_front_of_it_means_the_picture_alone(kernel: Kernel) -> None:
    comms, shown = asked_for(kernel, "t = %k8s_timeline deploy/web", allow_stdin=False)
    assert comms == []
    assert "<svg" in shown["text/html"]
    assert "data-picture" not in shown["text/html"]


def test_the_picture_that_moves_has_every_moment_in_view_in_its_lane() -> None:
    shades = {name: f"#{n:02x}0000" for n, name in enumerate(COLOURS)}
    plot = interactive.figure(hostile(), shades, "E4")
    marks = plot.select_one({"name": "marks"}).data_source.data
    assert len(marks["at"]) == len(hostile().moments)
    assert all(said.endswith("recorded as E4") for said in marks["said"])
    assert "{safe}" not in interactive.TOOLTIP  # what a cluster says is put in escaped
