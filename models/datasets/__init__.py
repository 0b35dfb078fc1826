"""Samples of jets: readers and the sample that comes with jettag."""
