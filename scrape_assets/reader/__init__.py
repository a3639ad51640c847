"""Reading as an analyst does: the tables as pandas DataFrames, typed. Nothing is changed here, and no Dagster needed.

```python
from scrape_assets.reader import posts, activity

mine = posts(creator="mira-okafor", role="author", since="2026-11-01")
```
"""

from scrape_assets.operations.asked_rows import ReaderError
from scrape_assets.reader.reading import activity, events, growth, months, posts

__all__ = ["ReaderError", "activity", "events", "growth", "months", "posts"]
