#!/bin/sh
# Gives a process what Dagster and emr_ml know from the environment only: secrets that lie in files.
# Before the code server, the folder for what Spark spills is emptied.
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

# no run outlives the code server: what is there was left by runs that were killed
case "${SPARK_LOCAL_DIRS:+$*}" in
  "dagster api grpc "*)
    rm -rf "$SPARK_LOCAL_DIRS"/blockmgr-* "$SPARK_LOCAL_DIRS"/spark-* "$SPARK_LOCAL_DIRS"/s3a
    ;;
esac

exec "$@"
