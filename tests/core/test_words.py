import json

import msgspec
import yaml

from workbench.core.objects import Condition, Pod
from workbench.core.objects.decode import decode_list

CONDITIONS = [{"type": "Ready", "status": "True"}, {"type": "acme.example/Odd", "status": "Maybe"}]


def read() -> tuple[Condition, ...]:
    page = {"items": [{"status": {"phase": "Running", "conditions": CONDITIONS}}] * 2}
    pods, _, notes = decode_list(json.dumps(page).encode(), Pod)
    assert notes == ()
    assert pods[0].status.phase is pods[1].status.phase
    return pods[0].status.conditions


def test_a_word_is_an_ordinary_text() -> None:
    known, _ = read()
    assert isinstance(known.type, str)
    assert (known.type, f"{known.type}", repr(known.type)) == ("Ready", "Ready", "'Ready'")
    assert {known.type: 1}["Ready"] == 1
    assert json.dumps({known.type: known.status}) == '{"Ready": "True"}'
    assert msgspec.to_builtins(known) == {"type": "Ready", "status": "True"}
    assert known == Condition(type="Ready", status="True")


def test_a_word_nobody_foresaw_is_kept_as_it_came() -> None:
    _, odd = read()
    assert (odd.type, odd.status) == ("acme.example/Odd", "Maybe")
    assert yaml.safe_dump(odd.type)
