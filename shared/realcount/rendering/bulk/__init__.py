"""A whole contest as files: one row for each polling station, the same in every format, and one for each region."""
