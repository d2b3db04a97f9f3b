"""Reading what containers wrote: lines, times, known troubles, trends; and rules about it."""
