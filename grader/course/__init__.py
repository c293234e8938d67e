"""What the course is, and where its files lie."""
