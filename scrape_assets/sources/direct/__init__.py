"""Sources that answer at once: paged through during the collection, one file each."""
