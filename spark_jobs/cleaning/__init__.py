"""Turn records into typed rows by the contract, or reject them with a reason."""
