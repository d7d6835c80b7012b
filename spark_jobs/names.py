"""Names of the columns that the jobs add to a user's."""

ROW_ID = "row_id"
# where a record was read from, and its text: as it stands, or else its fields
FILE = "_file"
ORIGIN = (FILE, "_record", "_byte_start", "_byte_length")
TEXT = "_text"
FIELDS = "_fields"
MALFORMED = "_malformed"  # true where a record has too few or too many fields
TORN = "_torn"  # true where it spans lines because a quote opens or closes within a field
UNDECODED = "_undecoded"  # names of the columns whose values have bytes not of the encoding
FLAWS = (MALFORMED, TORN, UNDECODED)
REJECTED = "_rejected"
SIDE = "_side"
LABEL = "_label"
MODEL_VERSION = "model_version"

READ = (*ORIGIN, TEXT, FIELDS, *FLAWS)
RESERVED = (
    *READ,
    *(REJECTED, ROW_ID, SIDE, LABEL, MODEL_VERSION),
    *("features", "probability", "prediction"),
)
