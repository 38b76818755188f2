"""The entrance for applications that follow the published access."""
