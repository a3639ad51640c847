"""A shim for tools that still ask for it. All metadata, pins and tool settings live in pyproject.toml."""

from setuptools import setup

setup()
