"""Databases, caches, brokers and search engines, in their own wordings and those of their clients.

PostgreSQL and MySQL error messages, MongoDB log ids, Redis replies, Kafka clients, RabbitMQ alarms,
etcd and ZooKeeper warnings, Elasticsearch block names."""

from __future__ import annotations

from workbench.analyzers.logs.sayings.saying import Saying

STATES: tuple[Saying, ...] = (
    # Redis replies: OOM, READONLY, MISCONF, LOADING
    ("cache-full", "Redis is at its memory limit and refuses writes", r"command not allowed when used memory"),
    ("no-save", "Redis cannot save to disk and refuses writes", r"MISCONF Redis is configured to save"),
    ("no-leader", "the replica set of the database has no primary", r"ReplicaSetNoPrimary|no primary (?:available|found|member)|could not find primary"),
    ("read-only-data", "the database it writes to is read-only", r"cannot execute [\w ]+ in a read-only transaction|READONLY You can't write|--(?:super-)?read-only option|NotWritablePrimary|NotPrimary(?:Error|NoSecondaryOk)|not (?:primary|master)(?: and|; )|NotMaster|database is (?:in )?read-only|attempt to write a readonly database"),
    ("no-space", "the search engine has stopped writes because its disk is full", r"index read-only / allow delete|flood[- ]stage disk watermark|disk usage exceeded flood"),
    # etcd mvcc, as etcd and kube-apiserver log it
    ("no-space", "etcd has used up its space (quota-backend-bytes) and takes no writes", r"mvcc: database space exceeded|etcdserver: no space|alarm:? ?NOSPACE|NOSPACE alarm"),
    ("alarm", "the message broker holds back publishers (resource alarm)", r"(?:memory|disk) resource limit alarm set|publishers will be blocked"),
    ("blocked", "the message broker holds back what it publishes", r"connection\.blocked|publish(?:ing|es)? (?:is |are )?blocked"),
    ("stopped", "its replication has stopped", r"(?:replica|slave) SQL(?: thread)?\b.{0,40}\b(?:aborted|stopped)|(?:replica|slave) SQL\b.*\bError_code: \S*\d{4}|requested WAL segment \S+ has already been removed"),
    # Kafka Connect WorkerTask, Debezium
    ("stopped", "a task has stopped and does not go on until somebody restarts it", r"will not recover until manually restarted"),
    ("stopped", "its replication slot is in use by another connection", r"replication slot \S+ is active for PID"),
    ("consumer", "a consumer takes too long between polls and is put out of its group", r"max\.poll\.interval\.ms|consumer poll timeout has expired|CommitFailedException|UNKNOWN_MEMBER_ID"),
    # RabbitMQ consumer_timeout
    ("consumer", "the message broker closes its channel: it did not acknowledge within {ms} ms", r"delivery acknowledgement on channel \d+ timed out\. Timeout value used: (?P<ms>\d+)"),
    ("lag", "a consumer falls behind ({lag} messages)", r"\b(?:consumer |offset |replication )?lag(?:ging)?\b[^\d\n]{0,40}(?P<lag>\d{3,})"),
    ("timeout", "the message broker does not answer in time about topic {topic}, or has none", r"Topic (?P<topic>\S+) not present in metadata after \d+ ms"),
    ("topic", "a queue or topic does not exist", r"NOT_FOUND - no (?:queue|exchange)|UNKNOWN_TOPIC_OR_PARTITION|UnknownTopicOrPartition|topic \S+ not (?:found|present in metadata)|does not host this topic"),
    # ZooKeeper FileTxnLog, etcd (fdatasync, apply), MongoDB, PostgreSQL checkpointer
    ("slow-disk", "its disk is too slow", r"fsync-?ing the write ahead log .*took|slow fdatasync|apply request took too long|wal: sync duration|checkpoints are occurring too frequently|slow disk"),
    ("lock-wait", "it waits for a lock that another transaction holds", r"Lock wait timeout exceeded|lock timeout|could not obtain lock on row|ORA-00054"),
    ("slow-query", "database queries are slow", r"slow[ _-]?query|\bduration: \d{4,}(?:\.\d+)? ms|Lock wait timeout exceeded|canceling statement due to (?:statement|lock) timeout|query (?:took|exceeded) .{0,20}\d{4,} ?ms|MaxTimeMSExpired|operation exceeded time limit|QueryTimeout|COLLSCAN"),
    # Flyway, Liquibase
    ("migration", "a database migration was changed after it had been applied (checksum)", r"Migration checksum mismatch|Validate failed: Migrations have failed validation|was: \d+:[0-9a-f]{32} but is now"),
    ("damaged", "its data is damaged", r"\b(?:data|index|file|block|page|log|wal|database|record|segment)\b.{0,30}\bcorrupt(?:ed|ion)?\b|\bcorrupt(?:ed|ion)\b.{0,40}\b(?:data|index|file|block|page|log|wal|record|segment)|checksum mismatch|invalid page in block"),
    ("bad-data", "it cannot deserialize the data it gets", r"SerializationException|DeserializationException|cannot deserialize|failed to (?:deserialize|decode|unmarshal) (?:message|record|event|payload)|schema .{0,20}incompatible|InvalidProtocolBuffer"),
)  # fmt: skip
"""States of a store in which it serves nobody, or only reads."""

STORES: tuple[Saying, ...] = (
    ("pool", "the database has no connection left for it", r"(?:server at \"(?P<host>[\w.-]+)\".*)?(?:too many (?:clients|connections)|remaining connection slots are reserved|TooManyConnections|max_user_connections)"),
    ("pool", "its connection pool is exhausted", r"(?:connection )?pool (?:is )?exhausted|pool timed? ?out|too many (?:clients|connections)|remaining connection slots are reserved|Unable to acquire JDBC|HikariPool.*(?:not available|timed out)|QueuePool limit|max_connections|Timeout acquiring a connection|TooManyConnections"),
    ("deadlock", "a deadlock was detected", r"deadlock (?:detected|found)|all goroutines are asleep|Found one Java-level deadlock|DeadlockLoserDataAccess"),
    ("no-leader", "too few members of the cluster are up for a quorum", r"(?:read|write) quorum could not|quorum (?:is |was )?(?:lost|not met|unavailable)|lost quorum|not enough (?:replicas|nodes|members|in-sync)|Not_?Enough_?Replicas|fewer in-sync replicas"),
    ("no-leader", "the members of the cluster find no leader", r"no (?:cluster )?leader|lost quorum|not enough (?:replicas|nodes|members|in-sync)|NotEnoughReplicas|master_not_discovered|etcdserver: request timed out|election timeout"),
    ("migration", "the database schema is not what it expects: {relation} does not exist", r"(?:relation|table|column) ['\"`]?(?P<relation>[\w.]+)['\"`]? (?:does not|doesn't) exist"),
    ("migration", "a database migration failed", r"migration .{0,60}(?:failed|error)|failed to (?:run|apply) migrations?|Dirty database version|no such table"),
    ("database", "database {database} does not exist", r"database ['\"](?P<database>[^'\"]+)['\"] does not exist|Unknown database '(?P<database2>[^']+)'"),
    ("lock", "another process holds a lock", r"could not (?:get|acquire|obtain) (?:the )?lock|lock file .* (?:exists|already)|is locked by another|database is locked|resource temporarily unavailable"),
)  # fmt: skip
"""Limits, locks and schemas."""
