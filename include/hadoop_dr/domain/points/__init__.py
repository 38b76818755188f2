"""What follows from the points there are: baseline, recovery, sample, pins, standing, what is left out, what goes."""
