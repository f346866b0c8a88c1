"""Token buckets with Connect's rates: control plane per account, participant service per instance.

Off unless the settings turn them on. Pure; it must not know what an operation does.
"""

from agent.emulator.clock import ScaledClock
from agent.emulator.errors import ServiceError
from agent.emulator.settings import Settings

RATES: dict[str, tuple[float, float]] = {
    "CreateParticipant": (5, 8),
    "StartChatContact": (5, 8),
    "StartContactStreaming": (5, 8),
    "StopContactStreaming": (5, 8),
    "CreatePersistentContactAssociation": (5, 8),
    "UpdateParticipantRoleConfig": (5, 8),
    "GetContactAttributes": (10, 15),
    "UpdateContactAttributes": (10, 15),
    "DescribeContact": (10, 15),
    "StopContact": (10, 15),
    "CreateParticipantConnection": (6, 9),
    "SendMessage": (10, 15),
    "SendEvent": (10, 15),
    "GetTranscript": (8, 12),
    "GetAttachment": (8, 12),
    "DisconnectParticipant": (3, 5),
    "StartAttachmentUpload": (2, 5),
    "CompleteAttachmentUpload": (2, 5),
}
"""Rate per second and burst of each operation [documented]."""
OTHERS = (2.0, 5.0)  # [documented for the control plane; inferred for the participant service]
CODES = {"StartChatContact": "TooManyRequestsException", "StartContactStreaming": "LimitExceededException"}


class Quotas:
    """All buckets of one region, filled by the emulator's clock."""

    def __init__(self, *, settings: Settings, clock: ScaledClock) -> None:
        self._settings = settings
        self._clock = clock
        self._buckets: dict[tuple[str, str], tuple[float, float]] = {}
        self.enforced = settings.enforce_quotas

    def take(self, operation: str, scope: str) -> None:
        """Take one call of `operation` from the budget of `scope` (an instance, or the account). Raises 429."""
        rate, burst = (value * self._settings.quota_scale for value in RATES.get(operation, OTHERS))
        burst = max(burst, 1.0)  # however small the scale, one call fits
        now = self._clock.time()
        left, then = self._buckets.get((operation, scope), (burst, now))
        left = min(burst, left + (now - then) * rate)
        if left < 1:
            self._buckets[operation, scope] = (left, now)
            raise ServiceError(CODES.get(operation, "ThrottlingException"), "Rate exceeded", status=429)
        self._buckets[operation, scope] = (left - 1, now)
