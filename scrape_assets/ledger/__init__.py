"""What was asked and what happened: jobs, snapshots, attempts, their state machines, and the planners.

Every change of state is one guarded statement. Nothing here talks to a source or opens a payload.
"""
