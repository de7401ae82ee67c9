"""The network's edge: what is fetched from providers, checked, and put into a store."""
