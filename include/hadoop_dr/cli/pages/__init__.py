"""What is printed: documents for programs, pages and tables for people, and names that obey nothing."""
