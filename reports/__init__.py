"""Reports that people read: one self-contained HTML page from results that are computed already."""
