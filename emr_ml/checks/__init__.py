"""Judgement: facts from a report against the contract's thresholds."""
