"""What each kind of data set knows how to do."""
