"""Which files of a class have passages in common that neither the course nor chance explains."""
