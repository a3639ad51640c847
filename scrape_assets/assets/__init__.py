"""What analysts see. Thin: read what was asked for, call the flow, yield what it reports.

No SQL, no HTTP, no decision that the flow could make.
"""
