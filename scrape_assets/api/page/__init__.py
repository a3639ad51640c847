"""The page at `/`: what is going on, for people. Server-rendered, no build step; it shows what the ledger holds."""
