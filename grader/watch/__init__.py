"""The desk while somebody works at it: a save is judged at once, and the screen says what to do next."""
