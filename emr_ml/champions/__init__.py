"""Who is champion, how that is decided, and what the champion is put to."""
