"""Many submissions, kept and counted."""
