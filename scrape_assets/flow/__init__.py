"""The two phases as plain functions: collect, settle, poll, download, load, match.

The only room below the line that joins the ledger, the sources and the storage. Assets, sensors and the command
line call it and report; nothing here knows who called.
"""
