"""Layers: network blocks and training machinery that more than one part of the course uses."""
