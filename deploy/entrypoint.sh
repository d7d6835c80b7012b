#!/bin/sh
# Exports secrets from files, because Dagster and emr_ml read them from the environment only.
# Also empties the folder for Spark's temporary files before the code server starts.
set -eu

for name in DAGSTER_PG_PASSWORD EMR_ML_ALERT_WEBHOOK; do
  file=$(printenv "${name}_FILE" || true)
  if [ -n "$file" ]; then
    if [ ! -r "$file" ]; then
      echo "${name}_FILE=$file: user $(id -u) can't read it. Make it readable, or unset the variable" >&2
      exit 1
    fi
    export "$name=$(cat "$file")"
  fi
done

# runs end with the code server, so these files belong to runs that were killed
case "${SPARK_LOCAL_DIRS:+$*}" in
  "dagster api grpc "*)
    rm -rf "$SPARK_LOCAL_DIRS"/blockmgr-* "$SPARK_LOCAL_DIRS"/spark-* "$SPARK_LOCAL_DIRS"/s3a
    ;;
esac

exec "$@"
