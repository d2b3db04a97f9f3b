"""Files, memory, processors and ports, in the wordings of the kernel, libc and the runtimes."""

from __future__ import annotations

from workbench.analyzers.logs.sayings.saying import Saying

STARVED: tuple[Saying, ...] = (
    # HotSpot unified logging and the GC overhead limit; Hadoop and Elasticsearch pause monitors
    ("gc", "garbage collection stops it again and again", r"Pause Full .*\b\d{4,}(?:\.\d+)?ms|GC overhead limit exceeded|Detected (?:JVM )?pause|JvmPauseMonitor|\[gc\]\[\w+\] overhead, spent"),
    # Rust and Go net/http: one thread or handler panics and the program lives on
    ("panic", "a thread of it panics at {where}", r"panicked at (?:'[^']*', )?(?P<where>[\w./-]+:\d+)"),
    ("panic", "a request handler panics", r"http: panic serving"),
    # OpenTelemetry exporters, PHP-FPM, Java executors, gunicorn
    ("overflow", "a queue or pool of workers is full, so that requests wait or are dropped", r"(?:queue|buffer|channel) (?:is )?full|dropping (?:span|message|event|batch|data|sample|log|metric)|reached pm\.max_children|RejectedExecutionException|thread ?pool (?:is )?exhausted|no (?:free|idle) workers"),
    # HikariCP housekeeper, etcd, Node event-loop monitors, the kernel's CFS quota
    ("throttled", "it does not get the CPU time it needs", r"cpu[ -]?throttl|throttl\w+ .{0,20}\bcpu\b|Thread starvation or clock leap|event[ -]loop (?:is )?(?:blocked|lag|delay)|server is likely overloaded|failed to send out heartbeat on time"),
)  # fmt: skip
"""Too little of something, said before it is gone."""

MACHINE: tuple[Saying, ...] = (
    ("read-only", "it writes to a read-only file system: {path}", r"(?:['\" ](?P<path>/[\w./-]+)['\"]?[: ].*)?(?:read-only file system|EROFS)"),
    ("no-space", "there is no space left on a disk", r"no space left on device|ENOSPC|disk quota exceeded"),
    ("exec-format", "the binary is built for another platform", r"exec format error"),
    ("permission", "it may not access {path}", r"(?:open|mkdir|stat|chown|chmod|unlink|rename|access|exec|create|write|read|cannot \w+(?: \w+)*)\W+(?P<path>/[\w./@-]+)['\"]?:? .*permission denied|(?:PermissionError.*|EACCES.*permission denied.*)['\" ](?P<path2>/[\w./@-]+)"),
    ("permission", "permission is denied", r"permission denied|EACCES|operation not permitted"),
    ("missing-file", "file {path} does not exist", r"(?:open|stat|exec|access|scandir|read|load|lstat|fork/exec|No such file or directory:)[ '\":(]+(?P<path>/?[\w./@-]+)['\"]?:.*no such file or directory|(?:open|stat|read|load)[ '\":(]+(?P<path2>/[\w./@-]+)['\"]?$"),
    ("missing-file", "file {path} does not exist", r"(?P<path>/[\w./@-]+)['\"]?: (?:no such file or directory|not found|cannot open|can't open)"),
    ("missing-file", "a file does not exist", r"no such file or directory|ENOENT|FileNotFoundError"),
    ("missing-module", "module {module} is missing from the image", r"(?:No module named|Cannot find module|ClassNotFoundException:?|NoClassDefFoundError:?|cannot open shared object file|error while loading shared libraries:?) ?['\"]?(?P<module>[\w./@-]*)"),
    ("out-of-memory", "its JavaScript heap is full (--max-old-space-size)", r"heap out of memory|Reached heap limit"),
    ("out-of-memory", "the JVM is out of memory ({space})", r"OutOfMemoryError: (?P<space>Java heap space|Metaspace|Compressed class space|Direct buffer memory)"),
    ("out-of-memory", "the program itself ran out of memory", r"OutOfMemoryError(?!: command not allowed)|heap out of memory|MemoryError|cannot allocate memory|out of memory|std::bad_alloc"),
    ("port-in-use", "the port is already in use", r"address already in use|EADDRINUSE|Only one usage of each socket"),
    ("port-privileged", "it may not listen on a port below 1024", r"bind(?:\(\))? ?(?:to|:)? ?\S*:\d{1,3}\b.*(?:permission denied|\(13)"),
    ("too-many-files", "it has too many open files", r"too many open files|EMFILE|worker_connections are not enough"),
)  # fmt: skip
"""What the program gets from the machine it runs on."""
