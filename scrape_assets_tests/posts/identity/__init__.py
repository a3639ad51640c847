"""Tables of addresses, one file a platform: what must be read as which profile, and what must be refused why."""
