"""The user guide inside the program: the pages of docs/guide, as they are."""
