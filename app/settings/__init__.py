"""The person's choices: kept in one TOML file, changed on one page."""
