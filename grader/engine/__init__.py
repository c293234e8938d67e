"""Turn a ruling and a suite of checks into a report."""
