"""What a person sees at the very first start: what Penjing does, what this computer can run, and how to begin."""
