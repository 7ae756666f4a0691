"""SIMULATED dated satellite tiles of the two sites. Nothing here was ever photographed."""
