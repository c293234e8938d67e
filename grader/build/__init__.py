"""The whole: a network assembled from the learner's blocks, trained, quantized, exported and drawn."""
