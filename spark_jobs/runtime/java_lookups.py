"""Names that PySpark looks up in Java, remembered: more than a third of all calls were lookups."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

# Classes, as PySpark's columns name them. If another release names them otherwise, it looks them up
# each time.
CLASSES = ("org.apache.spark.sql.functions", "functions", "PythonUtils")


def remember_lookups(spark: "SparkSession") -> None:
    """Let a column function be one call of Java, instead of one after two that look it up."""
    java: Any = spark.sparkContext._jvm  # pyright: ignore[reportPrivateUsage] - no public way
    for name in CLASSES:
        # the stand-in for Spark in tests has no classes
        if name not in vars(java) and (found := getattr(java, name, None)) is not None:
            _remember(java, name, found)


def _remember(java: Any, name: str, found: Any) -> None:
    from py4j.java_gateway import JavaClass

    class RememberedClass(JavaClass):  # pyright: ignore[reportIncompatibleMethodOverride] - of its __doc__, a property
        def __getattr__(self, name: str) -> Any:
            member = super().__getattr__(name)
            setattr(self, name, member)
            return member

    # what Java does not know, py4j takes for a package
    if type(found) is JavaClass:
        known: Any = found
        setattr(java, name, RememberedClass(known._fqn, known._gateway_client))
