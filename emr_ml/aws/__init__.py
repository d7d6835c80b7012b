"""AWS: clients, retries, error codes and the region."""

import logging

#: drops all messages: for calls whose failure the caller reports itself, or may ignore
SILENT_LOG = logging.Logger("emr_ml.silent", logging.CRITICAL)
