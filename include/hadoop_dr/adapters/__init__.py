"""The ports made real: one package for each third-party library, and the memory twins."""
