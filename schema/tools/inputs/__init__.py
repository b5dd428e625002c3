"""What there is to judge, one item at a time: a file for each kind of input."""
