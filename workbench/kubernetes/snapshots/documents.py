"""YAML from strangers: parsed by the fast C library, after a look at what would harm it."""

from __future__ import annotations

from typing import Any

DEPTH_MOST = 100
"""How deep an object may be nested. The deepest CustomResourceDefinition schemas reach about 60."""


def yaml_documents(text: str) -> list[Any]:
    """The documents as trees, times left as text.

    Raises ValueError when it is not YAML, or is nested too deep, or has aliases.
    """
    import yaml

    try:
        _check(yaml, text)
        return [d for d in yaml.load_all(text, _loader(yaml)) if d is not None]
    except (yaml.YAMLError, RecursionError) as error:
        raise ValueError(" ".join(str(error).split())) from error


def _check(yaml: Any, text: str) -> None:
    """Refuse aliases, which multiply memory, and depth, which the loader follows until the stack
    ends."""
    depth = 0
    for event in yaml.parse(text, _fastest(yaml)):
        if isinstance(event, yaml.events.AliasEvent):
            raise yaml.YAMLError("aliases are not read")
        if isinstance(event, yaml.events.CollectionStartEvent):
            depth += 1
            if depth > DEPTH_MOST:
                raise yaml.YAMLError(f"nested more than {DEPTH_MOST} levels deep")
        elif isinstance(event, yaml.events.CollectionEndEvent):
            depth -= 1


def _fastest(yaml: Any) -> Any:
    """The safe loader in C where PyYAML was built with it: five times as fast."""
    return getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def _loader(yaml: Any) -> Any:
    """The safe loader with times left as text."""
    loader: Any = type("Loader", (_fastest(yaml),), {})
    loader.yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in found if not tag.endswith(":timestamp")]
        for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }
    return loader
