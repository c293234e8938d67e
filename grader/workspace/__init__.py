"""A learner's folder, and what is remembered there."""
