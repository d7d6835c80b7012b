"""Units in which memory and files are measured, in bytes."""

MEGABYTE = 1 << 20
GIGABYTE = 1 << 30
