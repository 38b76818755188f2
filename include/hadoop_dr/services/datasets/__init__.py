"""What each kind of data set knows how to do (DESIGN.md section 6a)."""
