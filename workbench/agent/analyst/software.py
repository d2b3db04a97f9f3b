"""Kinds of software that people ask about by what they do: the database, the cache, the queue."""

from __future__ import annotations

import re

# A word of a question, and what the names of such programs hold.
_SOFTWARE: tuple[tuple[str, str], ...] = (
    (
        r"databases?|dbs?|datastores?|rdbms|sql",
        r"postgres|mysql|mariadb|percona|mongo|cockroach|cassandra|clickhouse|mssql|oracle|timescale"
        r"|couch|dynamo|neo4j|influx|sql|(?<![a-z])(?:pg|db)(?![a-z])|database|db$",
    ),
    (r"caches?|caching", r"redis|valkey|memcache|keydb|dragonfly|varnish|hazelcast|cache"),
    (
        r"queues?|brokers?|mq|messaging",
        r"rabbit|kafka|redpanda|nats|activemq|artemis|pulsar|mosquitto|queue|broker|mq",
    ),
    (r"traces|tracing|spans|telemetry", r"jaeger|tempo|zipkin|otel|opentelemetry|collector"),
    (r"monitoring|dashboards?", r"prometheus|grafana|alertmanager|thanos|mimir|victoria"),
    (r"vault", r"vault|openbao"),
)
_COMPILED = tuple((re.compile(word), re.compile(names)) for word, names in _SOFTWARE)


def is_such(word: str, name: str) -> bool:
    """Whether a program of that name is what the word means: ``postgres-0`` for ``database``."""
    return any(asked.fullmatch(word) and names.search(name.lower()) for asked, names in _COMPILED)


def is_software(word: str) -> bool:
    """Whether the word is one for a kind of software."""
    return any(asked.fullmatch(word) for asked, _ in _COMPILED)
