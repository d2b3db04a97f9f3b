"""The workbench in IPython: magics, DataFrames, cards, and the thread the engine runs on."""
