"""What every benchmark reports, and what was promised of it: ratios, limits, pictures. Nothing is measured here."""
