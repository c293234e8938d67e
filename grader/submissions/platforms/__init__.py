"""How each learning platform names, lays out and dates what it lets an instructor download."""
