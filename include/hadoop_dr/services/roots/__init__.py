"""Roots of a service: who owns them, what lies above and in them, and how they give way to others."""
