"""Whatever proposes trees."""
