"""`report.html`: what a model is good for and where it is wrong, for people."""
