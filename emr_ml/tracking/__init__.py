"""The lake's models on an MLflow server: runs, exported models, and the alias of the champion."""
