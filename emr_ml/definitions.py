"""The code location of this checkout: the components below `defs`."""

import emr_ml.defs
from emr_ml.components.loading import load_defs

defs = load_defs(emr_ml.defs)
