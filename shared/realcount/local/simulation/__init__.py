"""A small election that never was, and officials who run it: what the demo counts. Everything follows from one seed."""
