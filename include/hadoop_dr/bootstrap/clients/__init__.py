"""What applications use, and what leads programs that use no library of ours."""
