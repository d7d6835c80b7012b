#!/bin/sh
# Exports secrets from files, because Dagster and emr_ml read them from the environment only.
# Also empties the folder for Spark's temporary files before the code server starts, and starts what
# Spark wants in its own pods: its arguments there are `driver` or `executor`.
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

case "${1:-}" in
  driver | executor)
    SPARK_HOME=${SPARK_HOME:-$(python -m pyspark.find_spark_home)}
    export SPARK_HOME
    ;;
esac
case "${1:-}" in
  driver)
    shift
    set -- "$SPARK_HOME/bin/spark-submit" --deploy-mode client \
      --conf "spark.driver.bindAddress=$SPARK_DRIVER_BIND_ADDRESS" "$@"
    ;;
  executor)
    set --
    number=0
    while option=$(printenv "SPARK_JAVA_OPT_$number"); do
      set -- "$@" "$option"
      number=$((number + 1))
    done
    classpath="${SPARK_CONF_DIR:-}:${SPARK_CLASSPATH:-}:$SPARK_HOME/jars/*:${SPARK_DIST_CLASSPATH:-}"
    set -- java "$@" "-Xms$SPARK_EXECUTOR_MEMORY" "-Xmx$SPARK_EXECUTOR_MEMORY" -cp "$classpath" \
      org.apache.spark.scheduler.cluster.k8s.KubernetesExecutorBackend \
      --driver-url "$SPARK_DRIVER_URL" \
      --executor-id "$SPARK_EXECUTOR_ID" \
      --cores "$SPARK_EXECUTOR_CORES" \
      --app-id "$SPARK_APPLICATION_ID" \
      --hostname "$SPARK_EXECUTOR_POD_IP" \
      --resourceProfileId "$SPARK_RESOURCE_PROFILE_ID" \
      --podName "$SPARK_EXECUTOR_POD_NAME"
    ;;
esac

exec "$@"
