"""How records become typed rows by the contract, or are rejected with a reason."""
