"""The launcher for any cluster that `spark-submit` reaches: standalone, YARN, Kubernetes."""
