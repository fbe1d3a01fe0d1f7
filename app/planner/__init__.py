"""The planner panel: where every byte lives and what speed to expect."""
