"""The checks, one file per chapter; the engine finds them by stem."""
