"""The command `realcount`: what an election office does from a terminal. Nothing imports it."""
