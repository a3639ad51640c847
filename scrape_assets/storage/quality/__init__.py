"""Questions about the quality of the data, a few queries each. No thresholds, no verdicts.

What a run's snapshots delivered is in `delivered` and `drift`; what lies in the tables as a whole in `whole`. Whatever
finds rows that are wrong is `Rows`: the same statement counts them, shows some, and can be pasted by a person.
"""
