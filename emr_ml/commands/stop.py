"""`emr-ml stop`: end the Spark that is kept warm on this machine."""

import click


@click.command()
def stop() -> None:
    """End the Spark that is kept warm on this machine for the next run.

    It ends by itself after some minutes without a run (EMR_ML_WARM_MINUTES). While a run uses it,
    it ends with that run.
    """
    from emr_ml.warm.channel import WarmError
    from emr_ml.warm.client import holder_state

    try:
        state = holder_state(end=True)
    except WarmError as error:
        raise click.ClickException(str(error)) from error
    if state is None:
        click.echo("no Spark is kept warm on this machine")
    elif state["run"]:
        click.echo(
            f"the run in process {state['run']} uses the warm Spark, process {state['java']}, "
            "which ends with it"
        )
    else:
        click.echo(f"the warm Spark has ended, process {state['java']}")
