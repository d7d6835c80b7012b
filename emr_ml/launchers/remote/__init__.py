"""What all launchers of remote jobs share: the interface of a target, and everything around it."""
