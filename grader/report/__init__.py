"""One writer per reader of a report."""
