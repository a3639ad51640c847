"""The two phases as plain functions: `collect` asks, `taking` follows, downloads, loads and matches.

The only room below the line that joins the ledger, the sources and the storage. Assets, sensors and the command
line call it and report; nothing here knows who called. Its own rooms need each other one way only: taking → mending →
asking → choosing, fates → wanted → money, pacing.
"""
