"""Taking the attachments of matched posts: after phase 2, beside it, and never in its way."""
