"""Domain values to the bytes the public reads. Pure: the same values give the same bytes, on any machine, for ever."""
