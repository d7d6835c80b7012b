"""Patterns in messages and logs, and what to do about them."""

from emr_ml.launchers.remote.failures import COMMON_ADVICE, NO_PACKAGE

STORE = (
    r"AccessDenied|Access Denied|403 Forbidden|InvalidAccessKeyId|SignatureDoesNotMatch",
    (
        "the lake's store refuses the keys that jobs use: `share_credentials` and "
        "kubernetes.secret in docs/spark-submit.md say which these are"
    ),
)
FOR_DRIVERS = (
    (
        r"bin/spark-submit can't be started",
        "check spark_home in the configuration, and whether this user may run its programs",
    ),
    (
        r"JAVA_HOME is not set|java: (command )?not found",
        "Spark needs Java 17 or 21 here: run `make setup`, or set JAVA_HOME",
    ),
    (
        r"Master removed our application: KILLED",
        "somebody ended the application at the master: materialize again for a new attempt",
    ),
    (
        r"All masters are unresponsive|Failed to connect to master",
        "check EMR_ML_SPARK_SUBMIT__MASTER, and whether the master runs and can be reached",
    ),
    (
        r"Cannot run program|Python worker failed to connect back|PYTHON_VERSION_MISMATCH",
        (
            "executors need the same Python as here, with the packages of "
            "bootstrap/requirements.txt: set EMR_ML_SPARK_SUBMIT__PYTHON to its path there"
        ),
    ),
    (
        r"NoCredentialsError|Unable to locate credentials|NoAuthWithAWSException",
        "give executors AWS keys or a role: see `share_credentials` in docs/spark-submit.md",
    ),
    (
        r"unresolved dependency|SparkException: Failed to (fetch|download)",
        (
            "the jars of Spark's S3 connector can't be downloaded: put them on Spark's class "
            "path, and set spark.jars.packages in spark_conf to them or to nothing"
        ),
    ),
    (
        NO_PACKAGE,
        "Python at EMR_ML_SPARK_SUBMIT__PYTHON needs the packages of bootstrap/requirements.txt",
    ),
    STORE,
    *COMMON_ADVICE,
)
FOR_LOGS_OF_PODS = (
    (
        r"forbidden: User",
        "the drivers' service account needs the Role `emr-ml-driver` of deploy/spark_roles.yaml",
    ),
    (
        r"No FileSystem for scheme|ClassNotFoundException.*S3AFileSystem|S3AFileSystem not found",
        "the image needs hadoop-aws on Spark's class path: see docs/spark-submit.md",
    ),
    (NO_PACKAGE, "Python in the image needs the packages of bootstrap/requirements.txt"),
    STORE,
    *COMMON_ADVICE,
)
FOR_PODS = (
    (
        r"ImagePull|ErrImage|InvalidImageName",
        "check kubernetes.image, and whether nodes may pull it",
    ),
    (
        r"Insufficient|Unschedulable|didn't match",
        "ask for less by driver_memory and driver_cores, or give the cluster more nodes",
    ),
    (
        r"secret \".*\" not found|couldn't find key",
        "kubernetes.secret must name a Secret with AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
    ),
    *FOR_LOGS_OF_PODS,
)
