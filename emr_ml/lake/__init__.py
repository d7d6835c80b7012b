"""What the lake holds: versions, parts, leases, the champion. Decisions are conditional writes."""
