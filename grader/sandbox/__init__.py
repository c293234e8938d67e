"""The process boundary: learner code runs on one side, checks on the other."""
