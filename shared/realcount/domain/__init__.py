"""What an election, a form and a tally are. Pure: no clock, no randomness, no input or output, standard library only."""
