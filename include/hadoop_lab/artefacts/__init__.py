"""What is fetched or built once per user: jars, class-data archives, tools of the machine."""
