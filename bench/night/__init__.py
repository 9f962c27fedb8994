"""What `bench spike` and `bench outage` are made of: an election on this machine, its officials, and its public."""
