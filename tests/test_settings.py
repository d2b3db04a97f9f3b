import os
from pathlib import Path

import pytest

from workbench.errors import SettingsError, UsageError
from workbench.settings import load_settings


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_the_environment_wins_over_the_file_and_the_command_line_over_both(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "workbench.toml").write_text('context = "file"\nmodel = "analyst"\n')
    assert load_settings().context == "file"
    monkeypatch.setenv("WORKBENCH_CONTEXT", "environment")
    assert load_settings().context == "environment"
    assert load_settings(context="typed").context == "typed"
    assert load_settings(context=None).model == "analyst"


def test_an_empty_data_dir_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WORKBENCH_DATA_DIR", raising=False)
    usual = load_settings().data_dir
    monkeypatch.setenv("WORKBENCH_DATA_DIR", "")
    assert load_settings().data_dir == usual != Path()


def test_a_context_that_is_named_puts_a_snapshot_aside_that_is_only_set(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("WORKBENCH_SNAPSHOT", "demo")
    assert load_settings().snapshot == "demo"
    assert load_settings(context="prod").snapshot == ""
    with pytest.raises(UsageError, match="exclude each other"):
        load_settings(context="prod", snapshot="demo")


def test_logs_that_are_named_go_with_a_snapshot() -> None:
    assert load_settings(snapshot="demo", snapshot_logs=Path("logs")).snapshot_logs
    for cluster in ({}, {"context": "prod"}):
        with pytest.raises(UsageError, match="--logs goes with --snapshot"):
            load_settings(snapshot_logs=Path("logs"), **cluster)


def test_names_that_other_tools_use_are_read_under_those_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KUBECONFIG", "a.yaml")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-1")
    settings = load_settings()
    assert settings.kubeconfig == "a.yaml"
    assert settings.openai_api_key is not None
    assert "sk-1" not in repr(settings)
    (tmp_path / "workbench.toml").write_text('openai_base_url = "http://gw/v1"\n')
    assert load_settings().openai_base_url == "http://gw/v1"


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("context = ", "workbench.toml"),
        ('contxt = "a"', "contxt"),
        ('max_tool_calls = "many"', "max_tool_calls"),
        ("max_tool_calls = 0", "max_tool_calls"),
    ],
)
def test_an_unusable_setting_is_named_in_one_line(tmp_path: Path, text: str, named: str) -> None:
    (tmp_path / "workbench.toml").write_text(text)
    with pytest.raises(SettingsError, match=named) as caught:
        load_settings()
    assert "\n" not in str(caught.value)


def test_several_values_are_written_as_a_shell_has_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKBENCH_RUNBOOK_DIRS", os.pathsep.join(["/a", "/b"]))
    monkeypatch.setenv("WORKBENCH_TRUSTED_SERVERS", "prometheus, loki")
    settings = load_settings()
    assert settings.runbook_dirs == (Path("/a"), Path("/b"))
    assert settings.trusted_servers == ("prometheus", "loki")


def test_who_is_told_comes_from_the_environment_as_json(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKBENCH_NOTIFY", '[{"kind": "slack", "url": "env:SLACK_URL"}]')
    monkeypatch.setenv("WORKBENCH_ALERTS", '{"window": "1h"}')
    monkeypatch.setenv("WORKBENCH_PUBLIC_URL", "https://bench.example/base")
    settings = load_settings()
    assert settings.notify[0]["url"] == "env:SLACK_URL"
    assert settings.alerts == {"window": "1h"}


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("PUBLIC_URL", "javascript:alert(1)", "public_url"),
        ("NOTIFY", '[{"kind": "slack"}]', "needs a url"),
        ("ALERTS", '{"window": "soon"}', "soon"),
        ("JWT_SECRET", "guess-me", "jwt_secret.*shorter than 32 bytes"),
        ("PREFIX", "/tools?a b", "prefix.*no path"),
        ("PREFIX", "//elsewhere", "prefix.*no path"),
        ("RERANKER", "http://localhost:99999/rerank", "reranker.*out of range"),
        ("RERANKER", "http:///rerank", "reranker.*no address"),
        ("GATEWAY", "http://localhost:70000", "gateway.*out of range"),
        ("GATEWAY", "workbench.example", "gateway.*no address"),
        ("TRUSTED_PROXIES", "10.0.0.0/8, everything", "'everything' is no address"),
    ],
)
def test_a_setting_of_no_use_is_one_clear_line(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str
) -> None:
    monkeypatch.setenv(f"WORKBENCH_{name}", value)
    with pytest.raises(SettingsError, match=said) as caught:
        load_settings()
    assert "guess-me" not in str(caught.value)
