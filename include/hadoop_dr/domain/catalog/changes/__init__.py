"""Two catalogs compared: what to drop, create and alter, what is lost, what somebody else did."""
