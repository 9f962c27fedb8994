"""The whole system on one machine: an embedded engine, the gateway in front of the same handlers, and their triggers."""
