"""Every setting, read once from the environment and ``workbench.toml``."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Literal

import platformdirs
from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)
from pydantic_settings import SettingsError as Unreadable

from workbench.core.alert import parse_terms
from workbench.core.notice import parse_targets
from workbench.core.policy import ROLE, parse_policy
from workbench.core.pseudonyms import Replaced
from workbench.core.quota import parse_quotas
from workbench.errors import SettingsError, UsageError
from workbench.setting_types import (
    Endpoint,
    Folders,
    Networks,
    PublicKeys,
    Several,
    SigningKey,
    UrlPath,
)

CONFIG_FILE = "workbench.toml"
CONFIG = "WORKBENCH_CONFIG"
"""Names another file than the one in the current folder; the kernels of runs are told so."""
TABLES: dict[str, Callable[[Any], object]] = {
    "policy": parse_policy, "alerts": parse_terms, "notify": parse_targets,
    "quotas": parse_quotas,
}  # fmt: skip
"""What reads the settings that are tables."""
_GIVEN: ContextVar[Mapping[str, Any]] = ContextVar("given", default=MappingProxyType({}))


def _data_dir() -> Path:
    return Path(platformdirs.user_data_dir("k8s-workbench", appauthor=False))


class Settings(BaseSettings):
    """What can be set. Each field is ``WORKBENCH_<NAME>`` in the environment or ``name`` in
    ``workbench.toml``; the environment wins. Names other tools use already (``DATABASE_URL``,
    ``KUBECONFIG``, provider keys) are read under those names too.
    """

    model_config = SettingsConfigDict(
        env_prefix="WORKBENCH_", toml_file=CONFIG_FILE, extra="forbid", populate_by_name=True
    )

    database_url: SecretStr | None = Field(
        default=None,
        validation_alias="DATABASE_URL",
        description="PostgreSQL 16+ with pgvector; without it an embedded server is started.",
    )
    data_dir: Path = Field(
        default_factory=_data_dir,
        description="Where the embedded database and the kubeconfig of frozen clusters live.",
    )
    kubeconfig: str = Field(
        default="", validation_alias="KUBECONFIG", description="Kubeconfig file(s) to use."
    )
    context: str = Field(default="", description="Kubeconfig context; empty for the current one.")
    snapshot: str = Field(
        default="", description="A snapshot to use as the cluster, or `demo` for the bundled one."
    )
    snapshot_logs: Path | None = Field(
        default=None,
        description="Folder with `<namespace>/<pod>/<container>.log` to use with that snapshot.",
    )
    namespace: str = Field(
        default="",
        description="Namespace that notebooks look at when none is named; empty for all.",
    )
    since: str = Field(
        default="", description="How far back notebooks look when nothing is said: `30m`, `2h`."
    )
    model: str = Field(
        default="",
        description="`provider:model`; empty picks one by the key present, `analyst` needs none.",
    )
    fallback_models: Several[str] = Field(
        default=(), description="Models that take over, in this order, when one gives no answer."
    )
    temperature: float | None = Field(
        default=None, ge=0, le=2, description="Temperature of models; empty for their own."
    )
    max_tokens: int | None = Field(
        default=None, ge=1, description="Tokens a model may write in one turn; empty for its own."
    )
    context_tokens: int | None = Field(
        default=None,
        ge=4_000,
        description="Tokens a model holds at once, where that is not known of it (8192 in Ollama).",
    )
    reviewer: str = Field(
        default="",
        description="The model that reads a conclusion against its evidence before it is shown, or "
        "`same` for the one that made it; empty for none.",
    )
    anthropic_api_key: SecretStr | None = Field(
        default=None, validation_alias="ANTHROPIC_API_KEY", description="Key for Anthropic models."
    )
    anthropic_base_url: str = Field(
        default="", validation_alias="ANTHROPIC_BASE_URL", description="Other Anthropic endpoint."
    )
    openai_api_key: SecretStr | None = Field(
        default=None, validation_alias="OPENAI_API_KEY", description="Key for OpenAI models."
    )
    openai_base_url: str = Field(
        default="",
        validation_alias="OPENAI_BASE_URL",
        description="Any OpenAI-compatible endpoint (vLLM, Ollama, a gateway).",
    )
    mcp_server_path: str = Field(
        default="",
        validation_alias="K8S_MCP_SERVER_PATH",
        description="Another Kubernetes MCP server to use over stdio instead of the built-in one.",
    )
    mcp_servers: Path | None = Field(
        default=None, description="An mcpServers JSON file with more tool servers."
    )
    tool_servers: dict[str, Any] = Field(
        default={}, description="More tool servers by name, as an mcpServers file describes them."
    )
    trusted_servers: Several[str] = Field(
        default=(),
        description="Tool servers besides the built-in one whose read-only annotations you accept.",
    )
    mcp_websocket: bool = Field(
        default=False,
        description="Also speak MCP over WebSocket, which is not part of the MCP specification.",
    )
    runbook_dirs: Folders = Field(
        default=(), description="Folders with runbook notebooks besides the bundled ones."
    )
    runs_per_cluster: int = Field(
        default=8, ge=1, description="Runs of sweeps on one cluster at a time, by all workers."
    )
    lost_seconds: float = Field(
        default=30.0,
        ge=1,
        description="Seconds without a sign of life after which a worker's runs go to others.",
    )
    embedder: str = Field(
        default="",
        description="`openai:NAME` or `sentence-transformers:FOLDER`: search by meaning too.",
    )
    reranker: Endpoint = Field(
        default="",
        pattern=r"^(https?://[^\s?#<>|()]+)?$",
        description="Address of a `/rerank` endpoint that orders what was found again.",
    )
    reranker_model: str = Field(
        default="", description="Its model; empty where it has one (Text Embeddings Inference)."
    )
    reranker_key: SecretStr | None = Field(default=None, description="Its key, where it wants one.")
    knowledge_urls: bool = Field(
        default=False,
        description="Let `workbench knowledge ingest` fetch web pages from public addresses.",
    )
    spool_reads: bool = Field(
        default=False,
        description="Keep calls that only read in a local file while the database is away.",
    )
    reuse: str = Field(
        default="always",
        description="How old an answer to the same notebook question may be: `always`, `15m`, `0`.",
    )
    max_dollars: Decimal | None = Field(
        default=None, gt=0, description="Dollars one investigation may cost."
    )
    max_tool_calls: int = Field(
        default=60, ge=1, description="Tool calls one investigation may make."
    )
    max_tokens_spent: int | None = Field(
        default=None, ge=1, description="Tokens, read and written, one investigation may spend."
    )
    max_seconds: float = Field(
        default=600.0, gt=0, description="Seconds one investigation may take."
    )
    quotas: dict[str, Any] = Field(
        default={},
        description="What a person of each role may ask for in 24 hours, as `[quotas.operator]`.",
    )
    log_format: Literal["text", "json"] = Field(
        default="text", description="Log lines of servers: `text`, or `json` for a collector."
    )
    log_level: Literal["", "debug", "info", "warning", "error"] = Field(
        default="", description="Least level of their lines; empty: warnings, in JSON requests too."
    )
    sentry_dsn: SecretStr | None = Field(
        default=None,
        validation_alias="SENTRY_DSN",
        description="Where servers report bugs; nothing of clusters or people goes along.",
    )
    host: str = Field(default="127.0.0.1", description="Address `workbench up` listens on.")
    port: int = Field(
        default=8787, ge=0, le=65535, description="Port `workbench up` listens on; 0 for any."
    )
    other_clusters: dict[str, Annotated[str, Field(pattern=r"^https?://[^\s?#]+$")]] = Field(
        default={},
        description="Addresses of the servers of other clusters by name, to pick in the chat.",
    )
    allowed_origins: Several[str] = Field(
        default=(), description="Other sites whose pages may use the API (`https://host`)."
    )
    allowed_hosts: Several[str] = Field(
        default=(),
        description="Names people reach the API by, besides localhost and its own address.",
    )
    gateway: Endpoint = Field(
        default="",
        description="A workbench server that does all the work: no cluster or database is opened.",
    )
    gateway_token: SecretStr | None = Field(
        default=None,
        description="Your token for it; without one, the one that JupyterHub gave this server.",
    )
    register_commands: bool = Field(
        default=False,
        description="Let administrators register tool servers that are programs over the API too.",
    )
    jwt_secret: SigningKey | None = Field(
        default=None,
        description="Secret of HS256 tokens that people sign in with, 32 bytes or more.",
    )
    jwks_url: str = Field(
        default="",
        description="Where an OpenID Connect issuer publishes its keys; empty: where it says.",
    )
    jwt_issuer: str = Field(default="", description="`iss` that tokens must have.")
    jwt_audience: str = Field(default="", description="`aud` that tokens must have.")
    prefix: UrlPath = Field(
        default="", description="Path it is served under, where a proxy leaves that in requests."
    )
    jupyterhub: bool = Field(
        default=False,
        description="People sign in with the JupyterHub whose service this is (`JUPYTERHUB_*`).",
    )
    trusted_proxies: Networks = Field(
        default=(), description="Addresses of proxies whose word is taken for who somebody is."
    )
    tls_proxies: Networks = Field(
        default=(), description="Addresses of proxies whose word is taken for who came by https."
    )
    proxy_user_header: str = Field(
        default="X-Forwarded-User", description="Header in which such a proxy names the person."
    )
    proxy_groups_header: str = Field(
        default="X-Forwarded-Groups", description="Header in which it names their groups."
    )
    roles: dict[str, str] = Field(
        default={}, description="From a group or role word of theirs to one of our roles."
    )
    default_role: str = Field(
        default="operator", description="Role of those signed in who have no other."
    )

    pseudonymise: Several[Replaced] = Field(
        default=(),
        description="What a model sees stand-ins for: `names`, `namespaces`, `hosts`, `ips`.",
    )

    allow_changes: bool = Field(
        default=False,
        description="Offer tools that change the cluster; a person approves each change.",
    )
    impersonate: bool = Field(
        default=False,
        description="Make calls to the cluster as the person who asks (Impersonate-User, -Group).",
    )
    approvers: PublicKeys = Field(
        default={},
        description="Who may sign approvals ahead of a run, each with their public key "
        "(`ssh-ed25519 AAAA…`).",
    )
    approvals: Several[str] = Field(
        default=(),
        description="Signed approvals for what runs with nobody in front of it: files, or the "
        "documents themselves.",
    )
    role: str = Field(default=ROLE, min_length=1, description="Your role, as policy rules name it.")
    policy: dict[str, Any] = Field(
        default_factory=dict, description="Rules about who may do what, as `[[policy.rules]]`."
    )

    alerts: dict[str, Any] = Field(
        default_factory=dict,
        description="Which runbook looks into which alert, as `[[alerts.rules]]`, and `window`.",
    )
    notify: tuple[dict[str, Any], ...] = Field(
        default=(), description="Who is told what an alert's look came to, as `[[notify]]`."
    )
    public_url: str = Field(
        default="",
        pattern=r"^(https?://[^\s?#<>|()]+)?$",
        description="Where people reach the workbench (`https://host`), for links in messages.",
    )

    @field_validator("data_dir", mode="before")
    @classmethod
    def _somewhere(cls, value: Any) -> Any:
        return value or _data_dir()  # an empty variable is none, and not the folder here

    @field_validator("policy", "quotas", "alerts", "notify")
    @classmethod
    def _readable(cls, value: Any, info: ValidationInfo) -> Any:
        try:
            TABLES[info.field_name or ""](value)
        except SettingsError as error:
            raise ValueError(error.message.rstrip(".")) from error
        return value

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        file = TomlConfigSettingsSource(settings_cls, toml_file=config_file())
        return init_settings, env_settings, file


def config_file() -> Path:
    """The file that settings are read from, which need not be there."""
    return Path(os.environ.get(CONFIG) or CONFIG_FILE)


@contextmanager
def given(**settings: Any) -> Iterator[None]:
    """While this is open, what is loaded below it has these settings, whatever the environment and
    the file say. None leaves one alone."""
    before = _GIVEN.get()
    here = {name: value for name, value in settings.items() if value is not None}
    token = _GIVEN.set({**before, **here})
    try:
        yield
    finally:
        _GIVEN.reset(token)


def load_settings(**overrides: Any) -> Settings:
    """The settings of this process; ``overrides`` (from a command line) win over everything.

    A context among them puts aside a snapshot that is only set. Raises SettingsError naming the
    setting, its source and what is wrong with it, and UsageError for a context and a snapshot.
    """
    said = {**_GIVEN.get(), **{k: v for k, v in overrides.items() if v is not None}}
    if said.get("context") and said.get("snapshot"):
        raise UsageError("--snapshot and --context exclude each other.", "Give one of them.")
    if said.get("context"):
        said["snapshot"] = ""
    try:
        found = Settings(**said)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(
            f"{config_file()} is not valid TOML: {error}.", "Fix the line it names."
        ) from error
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        raise SettingsError(
            f"Setting {name} is not usable: {first['msg'].removeprefix('Value error, ')}.",
            f"Look in {config_file()} and the environment.",
        ) from error
    except Unreadable as error:  # a table in the environment
        name = str(error).split('"')[1]
        raise SettingsError(
            f"Setting {name} is not usable: it is no JSON ({error.__cause__}).",
            f"Look at WORKBENCH_{name.upper()} in the environment.",
        ) from error
    if said.get("snapshot_logs") and not found.snapshot:
        raise UsageError("--logs goes with --snapshot.", "A live cluster is asked for its logs.")
    return found
