"""What a running workbench tells those who run it: traces, log lines, reports of bugs."""
