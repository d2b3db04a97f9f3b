"""Peers that cannot be reached, in the wordings of resolvers, sockets and proxies.

Go ``net``, libpq, JDBC, Node (``errno`` names), Python, musl and glibc, gRPC, nginx, Envoy."""

from __future__ import annotations

from workbench.analyzers.logs.sayings.saying import Saying

_HOST = r"(?P<host>\[?[A-Za-z0-9](?:[\w.:-]*[\w])?\]?)"
_PORT = r"(?P<port>\d{2,5})"

PEERS: tuple[Saying, ...] = (
    # the cluster's own DNS
    ("dns-loop", "cluster DNS forwards to itself (a loop)", r"plugin/loop: Loop .* detected"),
    ("corefile", "the Corefile cannot be read: {detail}", r"(?:Corefile|/etc/coredns/Corefile):\d+ - (?P<detail>Error .*|.*(?:Unknown directive|not a valid|Wrong argument).*)"),
    ("corefile", "the Corefile cannot be read: {detail}", r"plugin/\w+: .*(?P<detail>(?:unknown (?:property|directive)|not an IP address or file|wrong argument).*)"),
    ("dns-upstream", "{host}, which cluster DNS forwards to, does not answer", r"plugin/errors: \d+ \S+ \S+: (?:read|dial|write) (?:udp|tcp) (?:\S+->)?(?P<host>[\d.]+):53: .*(?:timeout|refused|no route)"),
    # Linux netfilter, by the kernel's log or a node problem detector
    ("conntrack", "the node's connection tracking table is full, so that packets are dropped", r"nf_conntrack: table full"),
    # names that do not resolve
    ("unknown-host", "host {host} does not resolve", r"lookup (?P<host>[\w.-]+)[^:]*(?:on [\d.:\[\]a-f]+)?: (?:no such host|server misbehaving|i/o timeout|Temporary failure)"),
    # Go net: the DNS server itself does not answer
    ("unknown-host", "host {host} does not resolve, as cluster DNS does not answer", r"lookup (?P<host>[\w.-]+) on [\d.:\[\]a-f]+:53: .*(?:connection refused|timed? ?out|no route to host)"),
    ("unknown-host", "host {host} does not resolve", r"getaddrinfo (?:ENOTFOUND|EAI_AGAIN) (?P<host>[\w.-]+)"),
    ("unknown-host", "host {host} does not resolve", r"could not translate host name \"(?P<host>[^\"]+)\""),
    ("unknown-host", "host {host} does not resolve", r"UnknownHostException:? (?P<host>[\w.-]+)"),
    ("unknown-host", "host {host} does not resolve", r"(?:could not|couldn't|cannot|can't|unable to|failed to) resolve (?:host|hostname|address|name)?:? ?['\"\[]?(?P<host>(?!(?:host|hostname|address|name)\b)[\w.-]+)"),
    ("unknown-host", "host {host} does not resolve", r"(?P<host>[\w.-]+) could not be resolved \(\d+: "),
    ("unknown-host", "host {host} does not resolve", r"host not found in upstream \"(?P<host>[^\":/]+)"),
    ("unknown-host", "host {host} does not resolve", r"Unknown (?:MySQL server )?host '(?P<host>[^']+)'"),
    ("unknown-host", "host {host} does not resolve", r"host='(?P<host>[\w.-]+)', port=(?P<port>\d+).*(?:Name or service not known|Temporary failure in name resolution|Failed to resolve)"),
    ("unknown-host", "host {host} does not resolve", r"bad address '(?P<host>[\w.-]+)"),
    ("unknown-host", "host {host} does not resolve", r"<Host: (?P<host>[\w.-]+) Port: (?P<port>\d+)>.*(?:Name or service not known|Temporary failure in name resolution)"),
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
    ("unreached", "{host}:{port} cannot be connected to", r"(?:(?:could not|couldn't|cannot|can't|unable to|failed to|not possible to) connect|Unable ?To ?Connect|connect(?:ion)? (?:attempt )?failed)\b.*?(?<![\w./@-])(?P<host>[a-z][\w-]*(?:\.[\w-]+)*):(?P<port>\d{2,5})\b"),
    ("unreached", "{host}:{port} cannot be connected to", r"<Host: (?P<host>[\w.-]+) Port: (?P<port>\d+)>"),
    ("no-route", "a host cannot be routed to", r"no route to host|network is unreachable|EHOSTUNREACH"),
)  # fmt: skip
"""A peer that the line blames, mostly with its name."""

ANSWERS: tuple[Saying, ...] = (
    ("upstream", "{host} answers with status {status}", r"(?:GET|POST|PUT|PATCH|DELETE|HEAD|calling|call to|request to|from|upstream)\W+(?:\w+://)(?:[^@\s/]*@)?(?P<host>[A-Za-z0-9][\w.-]*)(?::(?P<port>\d+))?\S*.{0,60}?\b(?P<status>50[0234])\b"),
    ("upstream", "{host} is unavailable", r"(?:rpc error: code = Unavailable|UNAVAILABLE).{0,120}?(?P<host>[a-z][\w-]*(?:\.[\w-]+)*):(?P<port>\d{2,5})"),
    # Envoy response flags UH, UF and nginx: the proxy has nobody to pass a request on to
    ("upstream", "the upstream of a proxy fails (response flag {flag})", r"\b50[0234] (?P<flag>U[HFCRTO]|NR|NC)\b"),
    ("protocol", "it calls a method that its peer does not have (Unimplemented, as of another version)", r"code = Unimplemented|UNIMPLEMENTED"),
    # nginx: proxy_buffer_size
    ("header", "a response's headers are larger than the proxy's buffer", r"upstream sent too big header"),
    # Envoy, where the upstream speaks another protocol
    ("protocol", "it speaks another protocol than its peer", r"reset reason: protocol error"),
    ("upstream", "a proxy finds no healthy upstream", r"no healthy (?:upstream|host)|no live upstreams|upstream connect error or disconnect|does not have any active endpoint"),
    ("breaker", "a circuit breaker is open", r"circuit ?breaker\b.{0,60}\bopen|CallNotPermittedException|BrokenCircuitException|circuit is open"),
    ("protocol", "it speaks another protocol than its peer", r"gave HTTP response to HTTPS client|wrong version number|SSL_ERROR_RX_RECORD_TOO_LONG|first record does not look like a TLS handshake|malformed HTTP response|plain HTTP request was sent to HTTPS port|unrecognized SSL message|invalid method while parsing request|not an SSL/TLS record"),
    ("reset", "a peer resets the connection", r"connection reset by peer|ECONNRESET|broken pipe|socket hang up|Connection reset\b|error reading server preface|server closed the connection unexpectedly|server has gone away|Lost connection to (?:MySQL )?server|Communications link failure|ConnectionResetError|Unexpected end of file from server|Premature EOF"),
    ("timeout", "a call does not answer in time", r"context deadline exceeded|\w+Timeout(?:Exception|Error)\b|Timeout awaiting|DEADLINE_?EXCEEDED|i/o timeout|E(?:SOCKET)?TIMEDOUT|(?:Read|Connect|Socket)Timeout(?:Exception|Error)?|\bTimeoutError|upstream timed out|(?:request|connect|connection|operation|call|query) timed? ?out|timeout exceeded"),
    ("upstream", "a peer answers with the gRPC status {code}", r"rpc error: code = (?P<code>Internal|Unknown|Unavailable|Aborted|NotFound|FailedPrecondition|DataLoss)"),
    ("upstream", "a peer answers with an error", r"(?:returned|responded|answered|status|code|got)\b[\w =:\"]{0,24}\b50[0234]\b|50[0234] (?:Server Error|Internal Server|Bad Gateway|Service (?:Temporarily )?Unavailable|Gateway)|Bad Gateway|no response from upstream|UNAVAILABLE: "),
)  # fmt: skip
"""A peer that answers, with an error; or not in time, and the line does not say which."""
