"""A stand-in for the vendor's HTTP API: for the demo, the tests and load. Shares no code with the client.

`server` runs it, `control` turns its switches, `payloads` writes its rows to a file.
"""
