"""What clusters cost, and which of them do now."""
