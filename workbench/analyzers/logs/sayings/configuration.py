"""What it was told and was not: settings, flags, files of settings, buckets."""

from __future__ import annotations

from workbench.analyzers.logs.sayings.saying import Saying

ORDERED: tuple[Saying, ...] = (
    # Envoy access log: response code details and flags of the fault filter; OpenFeature demo flags
    ("fault", "a fault is injected on purpose", r"\b[2-5]\d\d (?:FI|DI)\b|fault_filter_(?:abort|delay)|fault filter abort|\b(?:injected|simulated) (?:fault|error|failure|latency)|fault injection (?:is )?(?:enabled|active|on)|chaos (?:monkey|assault)"),
    ("feature-flag", "a feature flag makes it fail", r"feature[ _-]?flag\b[^.;]{0,60}\b(?:enabled|active|on|true)\b|\w+(?:Failure|Fault|Error)\w* (?:feature )?flag\b[^.;]{0,30}\b(?:enabled|active|on|true)|fail(?:ure)?s? (?:due to|because of) (?:a )?feature flag"),
)  # fmt: skip
"""Faults that somebody switched on."""

CONFIGURATION: tuple[Saying, ...] = (
    ("missing-env", "required setting {variable} is not set", r"KeyError: '(?P<variable>(?-i:[A-Z][A-Z0-9_]+))'"),
    ("missing-env", "required setting {variable} is not set", r"['\"`$({]?\b(?P<variable>(?-i:[A-Z][A-Z0-9]*_[A-Z0-9_]+|[A-Z]{4,}))\b['\"`)}]?:? (?:(?:env(?:ironment)? )?(?:variable|var|setting) )?(?:(?:is|was|has|must|env\w*)(?: been)? )?(?:not set|unset|not defined|required|missing|undefined|not provided|not specified|not configured|cannot be empty|can't be blank|is empty|empty|be set|be provided|be defined|parameter not set|not found)"),
    ("missing-env", "required setting {variable} is not set", r"(?:missing|required|undefined|unset|need|needs|must (?:set|provide|specify)|no value for|expected|could not find|not found|please set|not set)(?: (?:the|a|required|mandatory|following))*(?: (?:env(?:ironment)?|config(?:uration)?|setting|parameter|key|property|option|value|secret|credential))*(?: (?:var(?:iable)?|key|setting|value)s?)*:?\s*\(?['\"`$\[]*(?P<variable>(?-i:[A-Z][A-Z0-9]*_[A-Z0-9_]+|[A-Z]{4,}))\b"),
    ("missing-env", "required setting {variable} is not set", r"env(?:ironment)? var(?:iable)?s?:? ['\"`$]?(?P<variable>(?-i:[A-Z][A-Z0-9_]+))['\"`]?.{0,20}(?:not set|missing|required|undefined|empty|not found)"),
    ("missing-env", "required setting {variable} is not set", r"(?:missing|required) (?:env(?:ironment)? (?:var(?:iable)?)|config(?:uration)? (?:key|value)|setting|property|parameter)s?:? ['\"`]?(?P<variable>[A-Za-z][\w.-]*[_.][\w.-]+)"),
    ("unknown-flag", "an argument is not known: {flag}", r"(?:unknown (?:long )?(?:flag|option|command|shorthand flag)|unrecognized (?:arguments?|option|command)|flag provided but not defined|invalid option)[: -]+['\"]?(?P<flag>[\w=-]+)"),
    ("bad-config", "the configuration cannot be read ({detail})", r"(?P<detail>(?:yaml: (?:line|unmarshal|did)|error (?:parsing|converting) yaml|YAMLException|ScannerError|ParserError|JSONDecodeError|invalid character .{1,8} (?:looking for|after|in)|toml: |TomlDecodeError|cannot unmarshal|failed to (?:parse|load|read) (?:the )?config|error (?:parsing|loading|reading) (?:the )?config|invalid config(?:uration)?|configuration (?:file )?(?:is invalid|error)|\[emerg\](?!.*(?:Read-only file system|No space left|Permission denied|Cannot allocate))|unknown directive|unexpected end of file(?! from server)|parse error).{0,110})"),
    ("bucket", "bucket {bucket} does not exist", r"NoSuchBucket.*?(?:bucket|s3://)[ =:'\"/]+(?:s3://)?(?P<bucket>[\w.-]{3,})|s3://(?P<bucket2>[\w.-]+).{0,80}NoSuchBucket"),
    ("bucket", "a bucket does not exist", r"NoSuchBucket|The specified bucket does not exist"),
)  # fmt: skip
"""Settings that are missing, not known or cannot be read."""
