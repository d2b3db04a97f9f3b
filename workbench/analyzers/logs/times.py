"""When a log line was written, from the forms of time that programs write.

RFC 3339, Go's ``log``, nginx's error log, the common log format, klog (which has no year), and
seconds or milliseconds since 1970. A time without a zone counts as UTC, which is what containers
have unless somebody sets TZ.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

_KLOG = re.compile(r"(\d\d)(\d\d) (\d\d):(\d\d):(\d\d)")
_COMMON = "%d/%b/%Y:%H:%M:%S %z"
_REDIS = re.compile(r"\d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d")
_EPOCH = re.compile(r"1\d{9}(?:\d{3})?(?:\.\d+)?(?:e\+?0?9)?")
_FRACTION = re.compile(r"[.,](\d{1,6})\d*")


def moment(text: str, year: int) -> datetime | None:
    """The time as written, aware; None for no time or one without a day.

    year: for klog lines, which do not say it.
    """
    text = text.strip().strip("[]")
    if _EPOCH.fullmatch(text):
        number = float(text)
        return datetime.fromtimestamp(number / 1000 if number > 1e11 else number, UTC)
    try:
        return _aware(_written(text, year))
    except ValueError:
        return None


def _written(text: str, year: int) -> datetime:
    if found := _KLOG.match(text):
        month, day, hour, minute, second = map(int, found.groups())
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    if text[2:3] == "/":
        return datetime.strptime(text, _COMMON)
    if found := _REDIS.match(text):
        return datetime.strptime(found[0], "%d %b %Y %H:%M:%S").replace(tzinfo=UTC)
    plain = text.replace(" UTC", "Z").replace("/", "-")
    return datetime.fromisoformat(_FRACTION.sub(lambda f: f".{f[1]:0<6}", plain, count=1))


def _aware(when: datetime) -> datetime:
    return when if when.tzinfo else when.replace(tzinfo=UTC)
