"""Scoring: how a reading compares with its label."""
