"""The sums by seller, against Python's decimal."""

import random
from collections import defaultdict
from decimal import ROUND_HALF_UP, Decimal

import pytest

from emr_ml.contract import load_contract
from emr_ml_tests.graph import SALES_CONTRACT
from emr_ml_tests.spark_jobs.bench import Bench

CONTRACT = load_contract(str(SALES_CONTRACT))
HEADER = "data,produto,quantidade,preco_unitario,vendedor\n"
CENT = Decimal("0.01")


def test_sums_are_those_of_decimal_arithmetic(bench: Bench) -> None:
    chance = random.Random(3)
    sold: dict[str, list[tuple[int, Decimal]]] = defaultdict(list)
    lines: list[str] = []
    for _ in range(300):
        seller, quantity = chance.choice(["Ana", "Fábio", "Zé"]), chance.randint(1, 9)
        price = Decimal(chance.randrange(1, 20_000)) / 100
        sold[seller].append((quantity, price))
        lines.append(f"2026-01-01,caneta,{quantity},{price},{seller}\n")

    rows = bench.sell(HEADER + "".join(lines), CONTRACT).rows("sellers")

    found = {row.pop("vendedor"): row for row in rows}
    assert found == {
        seller: {
            "quantidade_total": float(sum(quantity for quantity, _ in sales)),
            "receita_total": (total := sum((n * price for n, price in sales), Decimal(0))),
            "transacoes": len(sales),
            "ticket_medio": (total / len(sales)).quantize(CENT, ROUND_HALF_UP),
        }
        for seller, sales in sold.items()
    }


def test_sellers_are_in_order_of_falling_revenue(bench: Bench) -> None:
    lines = "d,p,1,5.00,Ana\nd,p,1,7.00,Bia\nd,p,2,3.50,Abel\nd,p,9,9.00,Zé\n"

    rows = bench.sell(HEADER + lines, CONTRACT).rows("sellers")

    assert [row["vendedor"] for row in rows] == ["Zé", "Abel", "Bia", "Ana"]


def test_a_broken_row_is_rejected_and_counted(bench: Bench) -> None:
    done = bench.sell(HEADER + "d,p,1,5.00,Ana\nd,p,one,5.00,Ana\nd,p,1,5.00,\n", CONTRACT)

    assert done.result.rows == {"in": 3, "kept": 1, "rejected": 2}
    assert done.reasons == ["quantidade is not a number: one", "vendedor is missing"]


def test_figures_are_the_sums_over_all_sellers(bench: Bench) -> None:
    lines = "d,p,1,5.10,Ana\nd,p,2,7.00,Bia\nd,p,1,0.90,Ana\n"

    figures = bench.sell(HEADER + lines, CONTRACT).result.figures

    assert {name: figures[name] for name in ("sellers", "revenue", "transactions")} == {
        "sellers": 2,
        "revenue": 20.0,
        "transactions": 3,
    }


@pytest.mark.parametrize("lines", ["", "d,p,one,5.00,Ana\n"], ids=["no row", "all rejected"])
def test_no_sale_gives_no_seller(bench: Bench, lines: str) -> None:
    figures = bench.sell(HEADER + lines, CONTRACT).result.figures

    assert (figures["sellers"], figures["revenue"]) == (0, 0.0)
