"""What definitions declare about their pipelines and jobs."""

from emr_ml.assets.declared import declared_contracts, declared_jobs, declared_pipelines
from emr_ml.settings import load_settings
from emr_ml_tests.components.project import Project

JOB = "def run(spark, request, log): ...\n"


def test_a_pipeline_is_declared_with_what_reads_and_judges_its_rows(project: Project) -> None:
    project.pipeline("churn", thresholds={"min_class_share": 0.3})
    project.pipeline("loans")

    found = declared_pipelines(project.load(), load_settings())

    assert set(found) == {"churn", "loans"}
    assert found["churn"].contract == str(project.defs / "churn" / "contract.yaml")
    assert found["churn"].source == str(project.folder / "toy.csv")
    assert found["churn"].load_contract().checks.min_class_share == 0.3
    assert found["loans"].load_contract().checks.min_class_share != 0.3


def test_a_job_is_declared_with_its_module(project: Project) -> None:
    project.pipeline("churn")
    project.write("baskets.py", JOB)
    project.component("baskets", "SparkJob", module=f"{project.package}.baskets", key="baskets")

    jobs = declared_jobs(project.load(), load_settings())

    assert jobs["baskets"] == f"{project.package}.baskets"
    assert jobs["churn/lr_model"] == "spark_jobs.lr_model"
    assert "churn/raw_csv_s3" not in jobs


def test_a_contract_that_many_assets_use_is_declared_once(project: Project) -> None:
    project.pipeline("churn")

    contract = str(project.defs / "churn" / "contract.yaml")
    assert declared_contracts(project.load()) == [contract]
