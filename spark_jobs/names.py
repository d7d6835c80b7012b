"""Names of the columns that the jobs add to a user's."""

ROW_ID = "row_id"
ORIGIN = ("_file", "_record", "_byte_start", "_byte_length", "_raw")
MALFORMED = "_malformed"
REASON = "_reason"
SIDE = "_side"
LABEL = "_label"

WHILE_READING = (*ORIGIN, MALFORMED, REASON)
RESERVED = (*WHILE_READING, ROW_ID, SIDE, LABEL, "features", "probability", "prediction")
