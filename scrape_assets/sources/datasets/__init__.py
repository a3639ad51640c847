"""The vendor's datasets, one file a platform: what to ask for, and how a row becomes a post. No HTTP."""
