"""The window: Qt widgets over `core`. Never imports torch."""
