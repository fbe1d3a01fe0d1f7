"""The person's choices: kept in one JSON file, changed on one page."""
