"""Which ConfigMaps and Secrets a pod spec refers to, and from where."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from workbench.core.objects import ConfigMap, Container, KubeObject, PodSpec, Secret


class Use(msgspec.Struct, frozen=True):
    """One reference of a pod spec: which object, which key of it ("" for all), from where."""

    kind: type[KubeObject]
    name: str
    where: str
    key: str = ""
    optional: bool = False


def uses(spec: PodSpec) -> Iterator[Use]:
    """Every ConfigMap and Secret that a pod spec refers to."""
    for container in (*spec.init_containers, *spec.containers):
        yield from _env_uses(container)
    for volume in spec.volumes:
        where = f"spec.volumes[{volume.name}]"
        if volume.config_map:
            yield from _volume_uses(ConfigMap, volume.config_map.name, volume.config_map, where)
        if volume.secret:
            yield from _volume_uses(Secret, volume.secret.secret_name, volume.secret, where)
        for source in volume.projected.sources if volume.projected else ():
            if source.config_map:
                yield from _volume_uses(ConfigMap, source.config_map.name, source.config_map, where)
            if source.secret:
                yield from _volume_uses(Secret, source.secret.name, source.secret, where)


def _env_uses(container: Container) -> Iterator[Use]:
    at = f"spec.containers[{container.name}]"
    for source in container.env_from:
        for kind, ref in ((ConfigMap, source.config_map_ref), (Secret, source.secret_ref)):
            if ref:
                yield Use(kind, ref.name, f"{at}.envFrom", "", ref.optional)
    for variable in container.env:
        chosen = variable.value_from
        if chosen:
            pairs = ((ConfigMap, chosen.config_map_key_ref), (Secret, chosen.secret_key_ref))
            for kind, ref in pairs:
                if ref:
                    yield Use(kind, ref.name, f"{at}.env[{variable.name}]", ref.key, ref.optional)


def _volume_uses(kind: type[KubeObject], name: str, volume: object, where: str) -> Iterator[Use]:
    optional = bool(getattr(volume, "optional", False))
    yield Use(kind, name, where, "", optional)
    for item in getattr(volume, "items", ()):
        yield Use(kind, name, where, item.key, optional)


def keys(holder: KubeObject) -> tuple[str, ...]:
    """The keys that a ConfigMap or Secret holds."""
    if isinstance(holder, ConfigMap):
        return (*holder.data, *holder.binary_data)
    return tuple(holder.data) if isinstance(holder, Secret) else ()
