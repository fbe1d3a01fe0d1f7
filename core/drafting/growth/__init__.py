"""How a tree grows: which candidates are looked at next, and which make the tree."""
