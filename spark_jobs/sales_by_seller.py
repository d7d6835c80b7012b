"""Quantity, revenue, transactions and mean ticket of each seller, highest revenue first."""

from logging import Logger

from pyspark.sql import Observation, SparkSession
from pyspark.sql import functions as F

from spark_jobs.cleaning import clean, counts, keep, names_of, write_rejected
from spark_jobs.csv_records import read_csv
from spark_jobs.runtime.job import Request, Result, Stopwatch

# the rule that makes a plan without rows empty takes the observation out of it, too
NO_EMPTY_PLANS = (
    "spark.sql.adaptive.optimizer.excludedRules",
    "org.apache.spark.sql.execution.adaptive.AQEPropagateEmptyRelation",
)
MONEY = "decimal(18,2)"  # sums of doubles would depend on the order of the rows


def run(spark: SparkSession, request: Request, log: Logger) -> Result:
    """Write `sellers/` and, if a row breaks the contract, `rejected/`, both as Parquet.

    `sellers/` has `vendedor`, `quantidade_total`, `receita_total`, `transacoes` and
    `ticket_medio`. Figures: the sums over all sellers.
    """
    watch = Stopwatch()
    spark.conf.set(*NO_EMPTY_PLANS)
    files = request.inputs["raw_sales_csv_s3"].files
    contract = request.contract
    records = read_csv(spark, files, names_of(contract), contract["dialect"])
    cleaned = clean(records, contract)
    observed = Observation("sales_by_seller")
    sold = F.col("quantidade").cast(MONEY) * F.col("preco_unitario").cast(MONEY)
    with watch.phase("sum"):
        sellers = (
            keep(cleaned, observed, counts(cleaned))
            .groupBy("vendedor")
            .agg(
                F.sum("quantidade").alias("quantidade_total"),
                F.sum(sold).cast(MONEY).alias("receita_total"),
                F.count(F.lit(1)).alias("transacoes"),
                F.avg(sold).cast(MONEY).alias("ticket_medio"),
            )
            .orderBy(F.desc("receita_total"), "vendedor")
        )
        sellers.coalesce(1).write.parquet(f"{request.output}/sellers")
    totals = observed.get
    rows = {"in": totals["in"], "kept": totals["kept"], "rejected": 0}
    if rows["kept"] < rows["in"]:
        with watch.phase("reject"):
            rows["rejected"] = write_rejected(spark, cleaned, f"{request.output}/rejected")
    written = spark.read.parquet(f"{request.output}/sellers")
    summed = written.agg(F.count(F.lit(1)), F.sum("receita_total"), F.sum("transacoes")).first()
    assert summed is not None, "an aggregate without groups has one row"
    figures = {
        "sellers": summed[0],
        "table_rows": summed[0],
        "revenue": float(summed[1] or 0),
        "transactions": summed[2] or 0,
        "schema": {field.name: field.dataType.simpleString() for field in written.schema},
    }
    log.info("%(sellers)s sellers, %(transactions)s transactions", figures)
    return Result(rows, figures, watch.seconds)


if __name__ == "__main__":
    from spark_jobs.runtime.submit import main

    main(run, __doc__)
