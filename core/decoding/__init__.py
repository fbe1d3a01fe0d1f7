"""The decode loop: grow a tree, verify it in one pass, commit what the target agrees with."""
