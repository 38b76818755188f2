"""What somebody else did to the secondary's tree: found in differences, told apart from our own."""
