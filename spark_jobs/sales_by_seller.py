"""Quantity, revenue, transactions and average ticket by seller, highest revenue first."""

from functools import partial
from logging import Logger
from typing import cast

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from spark_jobs.aggregates import aggregate
from spark_jobs.cleaning.figures import TableFigures
from spark_jobs.cleaning.rules import Rule, check_patterns
from spark_jobs.cleaning.separation import separate
from spark_jobs.contract import DatasetContract
from spark_jobs.reading.records import read
from spark_jobs.runtime.job import Request, Result, Stopwatch

# sums of doubles would depend on the order of the rows
PRICE = "decimal(18,4)"
AMOUNT = "decimal(24,8)"
TOTAL = "decimal(28,2)"


class SalesFigures(TableFigures):
    """The totals over all sellers."""

    sellers: int
    revenue: float
    transactions: int


def run(spark: SparkSession, request: Request, log: Logger) -> Result:
    """Write `sellers/` and, if a row breaks the contract, `rejected/`, both as Parquet.

    `sellers/` has `vendedor`, `quantidade_total`, `receita_total`, `transacoes` and
    `ticket_medio`.

    Raises:
        JobError: a file can't be read, or a rule can't be applied.
    """
    stopwatch = Stopwatch()
    contract = cast("DatasetContract", request.contract)
    product = F.col("quantidade").try_cast(PRICE) * F.col("preco_unitario").try_cast(PRICE)
    amount = product.try_cast(AMOUNT)
    has_both = F.col("quantidade").isNotNull() & F.col("preco_unitario").isNotNull()
    too_large = Rule(
        "amount",
        has_both & amount.isNull(),
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
    with stopwatch.phase("look"):
        records = read(spark, request.inputs["raw_sales_csv_s3"].files, contract, log)
    separated = separate(
        records,
        contract,
        [too_large],
        write=write,
        rejected=f"{request.output}/rejected",
        stopwatch=stopwatch,
    )
    sellers = spark.read.parquet(f"{request.output}/sellers")
    count, revenue, transactions = aggregate(
        sellers, F.count(F.lit(1)), F.sum("receita_total"), F.sum("transacoes")
    )
    figures: SalesFigures = {
        "sellers": count,
        "table_rows": count,
        "revenue": float(revenue or 0),
        "transactions": transactions or 0,
        "rules": separated.rules,
        "schema": {field.name: field.dataType.simpleString() for field in sellers.schema},
    }
    log.info("%(sellers)s sellers, %(transactions)s transactions", figures)
    return Result(separated.rows, figures, stopwatch.seconds)


if __name__ == "__main__":
    from spark_jobs.runtime.submit import main

    main(run, __doc__)
