"""What log lines of known kinds mean, in the wordings of the common runtimes and clients.

Go net, libpq, JDBC, Node, Python, .NET, the shell, the kernel and the cluster's own add-ons.
"""

from __future__ import annotations

import re

import msgspec

QUOTED_MOST = 300
"""Longest piece of a log line that is quoted, in characters."""


class Reason(msgspec.Struct, frozen=True):
    """Why a log says it ended.

    kind: one of the names in ``RULES``, or ``error`` for a line that merely looks like one.
    says: the reason in plain words, with the names it mentions.
    line: the line, whole (cut at ``QUOTED_MOST``); ``number`` is its place in the log, from 1.
    host, port: the peer it could not reach, when the line names one.
    variable: the environment variable or setting that is not set.
    path: the file or directory concerned.
    """

    kind: str
    says: str
    line: str
    number: int = 0
    host: str = ""
    port: str = ""
    variable: str = ""
    path: str = ""


UNREACHABLE = frozenset({"refused", "unknown-host", "timeout", "no-route", "reset", "upstream"})
"""Kinds that blame another host."""

VAGUE = frozenset({"error", "last-line", "trace"})
"""Kinds that quote a line without knowing what it means."""

_HOST = r"(?P<host>\[?[A-Za-z0-9](?:[\w.:-]*[\w])?\]?)"
_PORT = r"(?P<port>\d{2,5})"

RULES: tuple[tuple[str, str, re.Pattern[str]], ...] = tuple(
    (kind, says, re.compile(pattern, re.IGNORECASE))
    for kind, says, pattern in (
        # the cluster's own DNS
        ("dns-loop", "cluster DNS forwards to itself (a loop)", r"plugin/loop: Loop .* detected"),
        ("corefile", "the Corefile cannot be read: {detail}", r"(?:Corefile|/etc/coredns/Corefile):\d+ - (?P<detail>Error .*|.*(?:Unknown directive|not a valid|Wrong argument).*)"),
        ("corefile", "the Corefile cannot be read: {detail}", r"plugin/\w+: .*(?P<detail>(?:unknown (?:property|directive)|not an IP address or file|wrong argument).*)"),
        # names that do not resolve
        ("unknown-host", "host {host} does not resolve", r"lookup (?P<host>[\w.-]+)[^:]*(?:on [\d.:\[\]a-f]+)?: (?:no such host|server misbehaving|i/o timeout|Temporary failure)"),
        ("unknown-host", "host {host} does not resolve", r"getaddrinfo (?:ENOTFOUND|EAI_AGAIN) (?P<host>[\w.-]+)"),
        ("unknown-host", "host {host} does not resolve", r"could not translate host name \"(?P<host>[^\"]+)\""),
        ("unknown-host", "host {host} does not resolve", r"UnknownHostException:? (?P<host>[\w.-]+)"),
        ("unknown-host", "host {host} does not resolve", r"(?:could not|couldn't|cannot|can't|unable to|failed to) resolve (?:host|hostname|address)?:? ?['\"]?(?P<host>[\w.-]+)"),
        ("unknown-host", "host {host} does not resolve", r"host not found in upstream \"(?P<host>[^\":/]+)"),
        ("unknown-host", "host {host} does not resolve", r"Unknown (?:MySQL server )?host '(?P<host>[^']+)'"),
        ("unknown-host", "host {host} does not resolve", r"host='(?P<host>[\w.-]+)', port=(?P<port>\d+).*(?:Name or service not known|Temporary failure in name resolution|Failed to resolve)"),
        ("unknown-host", "host {host} does not resolve", r"bad address '(?P<host>[\w.-]+)"),
        ("unknown-host", "a host name does not resolve", r"(?:Name or service not known|Temporary failure in name resolution|nodename nor servname provided|bad address ')"),
        # connections that are refused
        ("refused", "{host}:{port} refuses the connection", r"dial tcp (?:" + _HOST + r":)" + _PORT + r".*connection refused"),
        ("refused", "{host}:{port} refuses the connection", r"connection to server at \"(?P<host>[^\"]+)\".*port (?P<port>\d+) failed: Connection refused"),
        ("refused", "{host}:{port} refuses the connection", r"ECONNREFUSED (?P<host>[\w.:-]+?):(?P<port>\d+)"),
        ("refused", "{host}:{port} refuses the connection", r"host='(?P<host>[\w.-]+)', port=(?P<port>\d+).*Connection refused"),
        ("refused", "{host}:{port} refuses the connection", r"Connection to (?P<host>[\w.-]+):(?P<port>\d+) refused"),
        ("refused", "{host}:{port} refuses the connection", r"(?:connect(?:ing|ion)?|to|at|redis|amqp|broker|server|endpoint)[ :/@'\"=]+(?:\w+://)?(?:[^@\s/]*@)?(?P<host>[A-Za-z0-9][\w.-]*):(?P<port>\d+)\S*.*(?:connection refused|refused)"),
        ("refused", "{host}:{port} refuses the connection", r"connection refused[^\w]+(?:to |by |: )?/?(?P<host>[A-Za-z][\w.-]*):(?P<port>\d+)"),
        ("refused", "{host}:{port} refuses the connection", r"refused: (?P<host>[A-Za-z][\w.-]*)/[\d.]+:(?P<port>\d+)"),
        ("refused", "{host} refuses the connection", r"remote host \((?P<host>[\d.]+)\).*refused"),
        ("refused", "a connection is refused", r"connection refused|ECONNREFUSED"),
        # connections that hang
        ("timeout", "{host}:{port} does not answer in time", r"dial tcp (?:" + _HOST + r":)" + _PORT + r".*(?:i/o timeout|timed out|deadline)"),
        ("timeout", "{host}:{port} does not answer in time", r"ETIMEDOUT (?P<host>[\w.:-]+?):(?P<port>\d+)"),
        ("timeout", "{host}:{port} does not answer in time", r"connection to server at \"(?P<host>[^\"]+)\".*port (?P<port>\d+) failed: (?:Connection|Operation) timed out"),
        ("timeout", "{host}:{port} does not answer in time", r"host='(?P<host>[\w.-]+)', port=(?P<port>\d+).*timed? ?out"),
        ("timeout", "{host}:{port} does not answer in time", r"(?:connect(?:ing|ion)?|to|at)[ :/@'\"=]+(?:\w+://)?(?:[^@\s/]*@)?(?P<host>[A-Za-z0-9][\w.-]*):(?P<port>\d+)\S*.*(?:timed out|timeout|deadline exceeded)"),
        ("timeout", "{host}:{port} gives no response", r"\b(?P<host>[A-Za-z][\w.-]*):(?P<port>\d{2,5}) ?-? (?:no response|not responding|unreachable|is unavailable)"),
        ("timeout", "{host} does not answer in time", r"(?:timed out|timeout|deadline exceeded)[^/]*\w+://(?:[^@\s/]*@)?(?P<host>[A-Za-z0-9][\w.-]*)(?::(?P<port>\d+))?"),
        ("no-route", "{host}:{port} cannot be routed to", r"dial tcp (?:" + _HOST + r":)" + _PORT + r".*(?:no route to host|network is unreachable)"),
        ("timeout", "no database server can be reached", r"no reachable servers|ServerSelection(?:Timeout)?Error|server selection (?:error|timeout)|No servers? available|NoBrokersAvailable|all broker connections are down|NoNodeAvailable|NoHostAvailable"),
        ("no-route", "a host cannot be routed to", r"no route to host|network is unreachable|EHOSTUNREACH"),
        # permissions
        ("rbac", "the service account may not {verb} {resource}", r"forbidden: User \"(?P<user>system:serviceaccount:[^\"]+)\" cannot (?P<verb>\w+) resource \"(?P<resource>[^\"]+)\""),
        ("auth", "the database or service rejects the credentials of user {user}", r"(?:password authentication failed for user|Access denied for user) ['\"](?P<user>[^'\"]+)"),
        ("auth", "the credentials are rejected", r"WRONGPASS|NOAUTH|AuthenticationFailed|not authorized on \w+|Could not find user|requires authentication|role \"[^\"]+\" does not exist|SASL authentication failed|authentication failed|invalid (?:username or password|credentials|api key|token)|401 Unauthorized|AuthenticationException|Login failed for user"),
        # configuration
        ("missing-env", "required setting {variable} is not set", r"KeyError: '(?P<variable>(?-i:[A-Z][A-Z0-9_]+))'"),
        ("missing-env", "required setting {variable} is not set", r"['\"`$({]?\b(?P<variable>(?-i:[A-Z][A-Z0-9]*_[A-Z0-9_]+|[A-Z]{4,}))\b['\"`)}]?:? (?:(?:env(?:ironment)? )?(?:variable|var|setting) )?(?:(?:is|was|has|must|env\w*)(?: been)? )?(?:not set|unset|not defined|required|missing|undefined|not provided|not specified|not configured|cannot be empty|can't be blank|is empty|empty|be set|be provided|be defined|parameter not set|not found)"),
        ("missing-env", "required setting {variable} is not set", r"(?:missing|required|undefined|unset|need|needs|must (?:set|provide|specify)|no value for|expected|could not find|not found|please set|not set)(?: (?:the|a|required|mandatory|following))*(?: (?:env(?:ironment)?|config(?:uration)?|setting|parameter|key|property|option|value|secret|credential))*(?: (?:var(?:iable)?|key|setting|value)s?)*:?\s*\(?['\"`$\[]*(?P<variable>(?-i:[A-Z][A-Z0-9]*_[A-Z0-9_]+|[A-Z]{4,}))\b"),
        ("missing-env", "required setting {variable} is not set", r"env(?:ironment)? var(?:iable)?s?:? ['\"`$]?(?P<variable>(?-i:[A-Z][A-Z0-9_]+))['\"`]?.{0,20}(?:not set|missing|required|undefined|empty|not found)"),
        ("missing-env", "required setting {variable} is not set", r"(?:missing|required) (?:env(?:ironment)? (?:var(?:iable)?)|config(?:uration)? (?:key|value)|setting|property|parameter)s?:? ['\"`]?(?P<variable>[A-Za-z][\w.-]*[_.][\w.-]+)"),
        ("unknown-flag", "an argument is not known: {flag}", r"(?:unknown (?:long )?(?:flag|option|command|shorthand flag)|unrecognized (?:arguments?|option|command)|flag provided but not defined|invalid option)[: -]+['\"]?(?P<flag>[\w=-]+)"),
        ("bad-config", "the configuration cannot be read", r"(?:yaml: (?:line|unmarshal|did)|error (?:parsing|converting) yaml|YAMLException|ScannerError|ParserError|JSONDecodeError|invalid character .{1,8} (?:looking for|after|in)|toml: |TomlDecodeError|cannot unmarshal|failed to (?:parse|load|read) (?:the )?config|error (?:parsing|loading|reading) (?:the )?config|invalid config(?:uration)?|configuration (?:file )?(?:is invalid|error)|\[emerg\]|unknown directive|unexpected end of file|parse error)"),
        ("bucket", "bucket {bucket} does not exist", r"NoSuchBucket.*?(?:bucket|s3://)[ =:'\"/]+(?:s3://)?(?P<bucket>[\w.-]{3,})|s3://(?P<bucket2>[\w.-]+).{0,80}NoSuchBucket"),
        ("bucket", "a bucket does not exist", r"NoSuchBucket|The specified bucket does not exist"),
        ("rate-limited", "it is rate limited by a peer", r"rate limit(?:ed)? (?:exceeded|reached)|too many requests|\b429\b.{0,20}(?:too many|response|status)|status(?: code)?[ :=]+429|ThrottlingException|client-side throttling"),
        ("pool", "its connection pool is exhausted", r"(?:connection )?pool (?:is )?exhausted|pool timed? ?out|too many (?:clients|connections)|remaining connection slots are reserved|Unable to acquire JDBC|HikariPool.*(?:not available|timed out)|QueuePool limit|max_connections|Timeout acquiring a connection|TooManyConnections"),
        ("deadlock", "a deadlock was detected", r"deadlock (?:detected|found)|all goroutines are asleep|Found one Java-level deadlock|DeadlockLoserDataAccess"),
        ("license", "its license is missing, invalid or expired", r"licen[sc]e .{0,40}(?:expired|invalid|missing|not found|not valid|exceeded)|(?:invalid|expired|missing|no valid) licen[sc]e"),
        ("quota", "a quota is used up", r"quota (?:has been )?exceeded|exceeded (?:your|the|its) (?:current )?quota|QuotaExceeded|insufficient[_ ]quota|resource_exhausted"),
        ("clock", "the clocks do not agree", r"clock skew|certificate is not yet valid|RequestTimeTooSkewed|token used before issued|system clock"),
        ("upstream", "{host} answers with status {status}", r"(?:GET|POST|PUT|PATCH|DELETE|HEAD|calling|call to|request to|from|upstream)\W+(?:\w+://)(?:[^@\s/]*@)?(?P<host>[A-Za-z0-9][\w.-]*)(?::(?P<port>\d+))?\S*.{0,60}?\b(?P<status>50[0234])\b"),
        ("upstream", "{host} is unavailable", r"(?:rpc error: code = Unavailable|UNAVAILABLE).{0,120}?(?P<host>[a-z][\w-]*(?:\.[\w-]+)*):(?P<port>\d{2,5})"),
        ("no-leader", "the members of the cluster find no leader", r"no (?:cluster )?leader|lost quorum|not enough (?:replicas|nodes|members|in-sync)|NotEnoughReplicas|master_not_discovered|etcdserver: request timed out|election timeout"),
        # files
        ("read-only", "it writes to a read-only file system: {path}", r"(?:['\" ](?P<path>/[\w./-]+)['\"]?[: ].*)?(?:read-only file system|EROFS)"),
        ("no-space", "there is no space left on a disk", r"no space left on device|ENOSPC|disk quota exceeded"),
        ("exec-format", "the binary is built for another platform", r"exec format error"),
        ("permission", "it may not access {path}", r"(?:open|mkdir|stat|chown|chmod|unlink|rename|access|exec|create|write|read|cannot \w+(?: \w+)*)\W+(?P<path>/[\w./@-]+)['\"]?:? .*permission denied|(?:PermissionError.*|EACCES.*permission denied.*)['\" ](?P<path2>/[\w./@-]+)"),
        ("permission", "permission is denied", r"permission denied|EACCES|operation not permitted"),
        ("missing-file", "file {path} does not exist", r"(?:open|stat|exec|access|scandir|read|load|lstat|fork/exec|No such file or directory:)[ '\":(]+(?P<path>/?[\w./@-]+)['\"]?(?::.*no such file or directory|$)"),
        ("missing-file", "file {path} does not exist", r"(?P<path>/[\w./@-]+)['\"]?: (?:no such file or directory|not found|cannot open|can't open)"),
        ("missing-file", "a file does not exist", r"no such file or directory|ENOENT|FileNotFoundError"),
        ("missing-module", "module {module} is missing from the image", r"(?:No module named|Cannot find module|ClassNotFoundException:?|NoClassDefFoundError:?|cannot open shared object file|error while loading shared libraries:?) ?['\"]?(?P<module>[\w./@-]*)"),
        # resources
        ("out-of-memory", "the program itself ran out of memory", r"OutOfMemoryError|heap out of memory|MemoryError|cannot allocate memory|out of memory|std::bad_alloc"),
        ("port-in-use", "the port is already in use", r"address already in use|EADDRINUSE|Only one usage of each socket"),
        ("port-privileged", "it may not listen on a port below 1024", r"bind(?:\(\))? ?(?:to|:)? ?\S*:\d{1,3}\b.*(?:permission denied|\(13)"),
        ("too-many-files", "it has too many open files", r"too many open files|EMFILE"),
        # databases and TLS
        ("migration", "the database schema is not what it expects: {relation} does not exist", r"(?:relation|table|column) ['\"`]?(?P<relation>[\w.]+)['\"`]? (?:does not|doesn't) exist"),
        ("migration", "a database migration failed", r"migration .{0,60}(?:failed|error)|failed to (?:run|apply) migrations?|Dirty database version|no such table"),
        ("database", "database {database} does not exist", r"database ['\"](?P<database>[^'\"]+)['\"] does not exist|Unknown database '(?P<database2>[^']+)'"),
        ("tls-expired", "a TLS certificate has expired", r"certificate (?:has |is |was )?expired|CERT_HAS_EXPIRED|CertificateExpired|expired certificate|NotAfter"),
        ("tls", "a TLS certificate is not trusted", r"x509: |certificate verify failed|unable to get local issuer|self[- ]signed certificate|SSLHandshakeException|PKIX path|tls: (?:bad certificate|failed to verify|handshake)"),
        ("lock", "another process holds a lock", r"could not (?:get|acquire|obtain) (?:the )?lock|lock file .* (?:exists|already)|is locked by another|database is locked|resource temporarily unavailable"),
    )
)  # fmt: skip
"""Checked in order; the first that matches a line names what it means."""


_PEER = re.compile(
    r"\w+://(?:[^@\s/\"]*@)?(?P<host>[A-Za-z0-9][\w.-]*)(?::(?P<port>\d{2,5}))?"
    r"|\b(?P<host2>[a-z][\w-]*(?:\.[\w-]+)*)(?<!\.go)(?<!\.py)(?<!\.js)(?<!\.ts)(?<!\.rb)(?<!\.java):(?P<port2>\d{2,5})\b"
)
_SAYS_PEER = {
    "refused": "{host} refuses the connection",
    "timeout": "{host} does not answer in time",
    "unknown-host": "host {host} does not resolve",
    "no-route": "{host} cannot be routed to",
    "reset": "{host} resets the connection",
}
"""A line may name its peer in another place than its reason: a URL, or HOST:PORT."""


def named(text: str, line: str, number: int) -> Reason | None:
    """What a line of a known kind means; ``text`` is its message, ``line`` all of it."""
    for kind, says, pattern in RULES:
        match = pattern.search(text)
        if match:
            return _reason(kind, says, match, line, number)
    return None


def _reason(kind: str, says: str, match: re.Match[str], line: str, number: int) -> Reason:
    names = {key.rstrip("2"): value for key, value in match.groupdict().items() if value}
    for blank in set(re.findall(r"\{(\w+)\}", says)) - names.keys():
        says = says.replace(f": {{{blank}}}", "").replace(f":{{{blank}}}", "")
        says = says.replace(f"{{{blank}}}", "something")
    if kind in UNREACHABLE and "host" not in names and (peer := _PEER.search(line)):
        names |= {key.rstrip("2"): value for key, value in peer.groupdict().items() if value}
        says = _SAYS_PEER.get(kind, says)
    return Reason(
        kind=kind,
        says=says.format(**names),
        line=cut(line),
        number=number,
        host=names.get("host", "").strip("[]"),
        port=names.get("port", ""),
        variable=names.get("variable", ""),
        path=names.get("path", ""),
    )


def cut(line: str, most: int = QUOTED_MOST) -> str:
    """The line, with an ellipsis where it is longer than ``most`` characters."""
    return line if len(line) <= most else line[: most - 1] + "…"
