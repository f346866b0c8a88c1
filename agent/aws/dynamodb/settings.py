"""What the operator may set about the table. Pure data; nothing here opens or asks anything."""

from dataclasses import dataclass

DAY = 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class TableSettings:
    """Which table, where, and how patiently it is asked. Durations are seconds.

    Attributes:
        table: the table's name.
        region: its region; taken from the environment or profile when None.
        endpoint_url: DynamoDB elsewhere than at AWS's own address: a local one, or a VPC endpoint.
        patience: how long one call is repeated while DynamoDB throttles, fails or does not answer; then it is
            unreachable. Shorter than a lease, or a worker learns too late that it has lost its own.
        call_timeout: for one attempt, once it has left the line.
        max_connections: the most requests at once; more wait in line.
        keep_over: how long a contact that is over is kept, so that a late offer of it finds out.
    """

    table: str
    region: str | None = None
    endpoint_url: str | None = None
    patience: float = 5.0
    call_timeout: float = 2.0
    max_connections: int = 64
    keep_over: float = 7 * DAY
