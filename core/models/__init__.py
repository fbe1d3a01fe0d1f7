"""What a checkpoint is, read from config.json and file headers, and how to run its layers."""
