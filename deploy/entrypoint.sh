#!/bin/sh
# Gives a process what Dagster and emr_ml know from the environment only: secrets that lie in files.
set -eu

for name in DAGSTER_PG_PASSWORD EMR_ML_ALERT_WEBHOOK; do
  file=$(printenv "${name}_FILE" || true)
  if [ -n "$file" ]; then
    if [ ! -r "$file" ]; then
      echo "${name}_FILE=$file: user $(id -u) can't read it. Make it readable, or unset it" >&2
      exit 1
    fi
    export "$name=$(cat "$file")"
  fi
done

exec "$@"
