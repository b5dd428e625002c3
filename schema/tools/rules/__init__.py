"""What can be found: the table of rules, and the finding itself."""
