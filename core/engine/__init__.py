"""The engine: its facade, the process around it, and the messages to and from that process."""
