"""`python -m scrape_assets` is `scrape-assets`."""

from scrape_assets.cli import main

if __name__ == "__main__":
    main()
