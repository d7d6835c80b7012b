"""Quantity, revenue, transactions and mean ticket of each seller, highest revenue first."""

from functools import partial
from logging import Logger

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from spark_jobs.cleaning.rules import Rule, check_patterns
from spark_jobs.cleaning.separation import separate
from spark_jobs.reading.records import read
from spark_jobs.runtime.job import Request, Result, Stopwatch

# sums of doubles would depend on the order of the rows
PRICE = "decimal(18,4)"
AMOUNT = "decimal(24,8)"
TOTAL = "decimal(28,2)"


def run(spark: SparkSession, request: Request, log: Logger) -> Result:
    """Write `sellers/` and, if a row breaks the contract, `rejected/`, both as Parquet.

    `sellers/` has `vendedor`, `quantidade_total`, `receita_total`, `transacoes` and
    `ticket_medio`. Figures: the sums over all sellers, and `rules` (rows that broke each).

    Raises:
        JobError: a file can't be read, or a rule can't be applied.
    """
    watch = Stopwatch()
    contract = request.contract
    sold = F.col("quantidade").try_cast(PRICE) * F.col("preco_unitario").try_cast(PRICE)
    amount = sold.try_cast(AMOUNT)
    there = F.col("quantidade").isNotNull() & F.col("preco_unitario").isNotNull()
    too_large = Rule(
        "amount",
        there & amount.isNull(),
        partial(F.lit, "quantidade or preco_unitario is too large for an amount of money"),
    )

    def write(rows: DataFrame) -> None:
        sellers = (
            rows.groupBy("vendedor")
            .agg(
                F.sum("quantidade").alias("quantidade_total"),
                F.sum(amount).cast(TOTAL).alias("receita_total"),
                F.count(F.lit(1)).alias("transacoes"),
                F.avg(amount).cast(TOTAL).alias("ticket_medio"),
            )
            .orderBy(F.desc("receita_total"), "vendedor")
        )
        sellers.coalesce(1).write.parquet(f"{request.output}/sellers")

    check_patterns(spark, contract)
    with watch.phase("look"):
        records = read(spark, request.inputs["raw_sales_csv_s3"].files, contract, log)
    rejected = f"{request.output}/rejected"
    done = separate(records, contract, [too_large], write=write, rejected=rejected, watch=watch)
    written = spark.read.parquet(f"{request.output}/sellers")
    summed = written.agg(F.count(F.lit(1)), F.sum("receita_total"), F.sum("transacoes")).first()
    assert summed is not None, "an aggregate without groups has one row"
    figures = {
        "sellers": summed[0],
        "table_rows": summed[0],
        "revenue": float(summed[1] or 0),
        "transactions": summed[2] or 0,
        "rules": done.rules,
        "schema": {field.name: field.dataType.simpleString() for field in written.schema},
    }
    log.info("%(sellers)s sellers, %(transactions)s transactions", figures)
    return Result(done.rows, figures, watch.seconds)


if __name__ == "__main__":
    from spark_jobs.runtime.submit import main

    main(run, __doc__)
