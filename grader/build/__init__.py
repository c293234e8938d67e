"""A network assembled from the learner's blocks: trained, quantized, exported and drawn.

`blocks` says which pieces are the learner's and lends the others, `network` and `train` use them without knowing whose
they are, and `worker` runs all of it in a process of its own, since it is the learner's code that runs.
"""
