"""Disaster recovery for a pair of Hadoop clusters."""
