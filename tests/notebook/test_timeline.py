from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.notebook.test_kernel import Kernel, displays, run, value
from tests.support import kernels
from workbench.notebook.display import MIME


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
