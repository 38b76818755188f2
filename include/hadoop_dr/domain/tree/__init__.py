"""Files and directories: their attributes, listings and differences of them, and how they are stored."""
