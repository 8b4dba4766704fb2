"""What the notebooks share: data, derived functions, checks, plots, instruments."""
