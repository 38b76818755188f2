"""Use cases. Ports in the constructor, one public method each."""
