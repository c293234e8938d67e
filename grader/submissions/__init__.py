"""Turn files that somebody handed in into Submissions."""
