from workbench.core.render.table import table

SENTENCE = "Failed to pull image: " + "the registry has no such tag " * 10
NAME = "PersistentVolumeClaim platform/data-metrics-store-of-the-north-0"


def test_a_sentence_takes_several_lines_and_a_name_stays_whole() -> None:
    drawn = str(table(["object", "message"], [["0", NAME, SENTENCE]]))
    assert f"<td>{NAME}</td>" in drawn
    assert f'<td class="wb-words" title="{SENTENCE}">{SENTENCE[:159]}…</td>' in drawn
