"""From findings to likely root causes: grouped, joined along the graph, in the order to look at."""
