"""Make the demo cluster: ``python notebooks/data/make_shop.py [DIRECTORY]``.

Without a directory the snapshot that ships with the package is made again. The same code gives the
same bytes.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from shop import autoscaling, catalogue, controllers, events, faults, neighbours, nodes, noise
from shop.cluster import Cluster

DEMO = Path(__file__).parents[2] / "workbench" / "kubernetes" / "snapshots" / "demo"


def build() -> Cluster:
    """The whole shop: what was meant, what went wrong, and what follows."""
    cluster = Cluster()
    neighbours.surround(cluster)
    nodes.join(cluster)
    catalogue.deploy(cluster)
    autoscaling.deploy(cluster)
    faults.strike(cluster)
    noise.disturb(cluster)
    controllers.settle(cluster)
    events.tell(cluster)
    return cluster


def main(directory: Path) -> None:
    for part in ("objects", "logs"):
        shutil.rmtree(directory / part, ignore_errors=True)
    build().write(directory)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else DEMO)
