"""The history of all clusters and steps, as text."""

from emr_ml_tests.emulator.world import World


def timeline(world: World) -> str:
    """One line for each change of state: true seconds, emulated seconds, what happened."""
    with world.changed:
        events = list(world.events)
    if not events:
        return "nothing happened"
    begin = events[0].at
    lines = [f"{'real':>8} {'emulated':>9}"]
    for event in events:
        emulated = event.at - begin
        lines.append(
            f"{world.clock.real(emulated):7.1f}s {emulated:8.0f}s  {event.subject:<22} {event.what}"
        )
    return "\n".join(lines)
