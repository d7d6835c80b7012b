"""Components: what a `defs.yaml` can name, and how a folder of them becomes definitions."""
