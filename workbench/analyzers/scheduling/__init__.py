"""Rules about pods that get no node: the scheduler's filters, one a file."""
