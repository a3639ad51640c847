"""Creators and events from files."""
