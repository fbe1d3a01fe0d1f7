"""What this computer is and does now."""
