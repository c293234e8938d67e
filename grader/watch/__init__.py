"""The workspace while somebody works in it: a save is judged at once, and the screen says what to do next."""
