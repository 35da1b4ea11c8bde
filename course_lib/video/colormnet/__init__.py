"""ColorMNet: a clip colored from one reference, by what the network remembers of the frames before."""
