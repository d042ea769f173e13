"""Namespaces, hosts, FRR and sluiced as objects that tests put together."""
