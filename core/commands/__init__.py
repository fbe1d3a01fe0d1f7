"""The subcommands of `penjing`, one module each: its options and what it does."""
