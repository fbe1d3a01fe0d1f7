"""How everything looks: colours, type, icons. The only place that names a colour."""
