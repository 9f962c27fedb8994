"""The officials' side: forms are checked, signed and kept here without a network, and sent when there is one.

It knows the domain, the public API and the client that reads it, and nothing of the system behind them: whoever writes a
client in another language finds here what it has to do.
"""
