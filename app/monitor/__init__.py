"""The monitor panel and the status bar's gauges: what the machine does now."""
