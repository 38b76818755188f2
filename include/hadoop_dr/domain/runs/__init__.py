"""A run: when it starts, which moment it is for, how it shows that it lives, how much it asks for at once."""
