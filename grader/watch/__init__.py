"""Watch a learner at work: a save is judged at once, and the screen says what to do next."""
