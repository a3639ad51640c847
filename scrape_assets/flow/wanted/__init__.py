"""What a job wants: targets, keywords, times, places, and when two jobs want the same."""
