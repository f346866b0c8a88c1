"""The bot's state: the author's type to bytes and back, validated both ways. It knows no turn and no store."""

import dataclasses
import json
from collections.abc import Callable, Mapping
from typing import Any, Generic, TypeAlias, TypeVar

import pydantic
import pydantic_core

from agent.bot.inplace import become
from agent.errors import RegistrationError, StateError

T = TypeVar("T")
Migrate: TypeAlias = Callable[[dict[str, Any]], Mapping[str, Any]]


class StateType(Generic[T]):
    """A pydantic model or dataclass as the type of ``chat.state``.

    Raises:
        RegistrationError: the type cannot hold state: it is something else, frozen, or has no defaults.
    """

    def __init__(self, of: type[T], migrate: Migrate | None = None) -> None:
        self._of = of
        self._migrate = migrate
        self._name = getattr(of, "__name__", repr(of))
        self._refuse_unfit()
        self._adapter: pydantic.TypeAdapter[T] = pydantic.TypeAdapter(of)
        try:
            of()
        except (TypeError, pydantic.ValidationError):
            raise RegistrationError(f"State {self._name} cannot be made empty; give every field a default.") from None

    def _refuse_unfit(self) -> None:
        of: Any = self._of
        if isinstance(of, type) and issubclass(of, pydantic.BaseModel):
            frozen = bool(of.model_config.get("frozen"))
        elif isinstance(of, type) and dataclasses.is_dataclass(of):
            frozen = bool(of.__dataclass_params__.frozen)  # type: ignore[attr-defined]
        else:
            raise RegistrationError(f"State {self._name} is neither a pydantic model nor a dataclass.")
        if frozen:
            raise RegistrationError(f"State {self._name} is frozen; state is changed in place, so it must not be.")

    def load(self, stored: bytes) -> T:
        """The state in `stored`; a new one when that is empty.

        Raises:
            StateError: it does not fit the type, and no migration mended it.
        """
        if not stored:
            return self._of()
        try:
            return self._adapter.validate_json(stored)
        except pydantic.ValidationError as error:
            return self._migrated(stored, error)

    def _migrated(self, stored: bytes, error: pydantic.ValidationError) -> T:
        if self._migrate is None:
            raise StateError(f"{self._misfit('Stored', error)} Give Bot(migrate=...) to mend it.") from None
        try:
            return self._adapter.validate_python(self._migrate(json.loads(stored)))
        except pydantic.ValidationError as still:
            raise StateError(self._misfit("Migrated", still)) from None

    def dump(self, state: T) -> bytes:
        """The stored form of `state`.

        Raises:
            StateError: it holds something that has none.
        """
        try:
            return self._adapter.dump_json(state, warnings=False)
        except pydantic_core.PydanticSerializationError as error:
            raise StateError(f"State {self._name} holds something that cannot be stored: {error}.") from None

    def checked(self, state: T) -> bytes:
        """The stored form of `state`, which is sure to load again.

        Raises:
            StateError: it holds something that its own type does not allow.
        """
        stored = self.dump(state)
        try:
            self._adapter.validate_json(stored)
        except pydantic.ValidationError as error:
            raise StateError(f"{self._misfit('New', error)} The change is not kept.") from None
        return stored

    def overwrite(self, state: T, stored: bytes) -> None:
        """Makes `state` what `stored` says, keeping its identity and its parts': dialogs hold on to them."""
        become(state, self.load(stored))

    def _misfit(self, which: str, error: pydantic.ValidationError) -> str:
        first = error.errors(include_input=False, include_url=False)[0]
        path = ".".join(str(part) for part in first["loc"]) or "the whole"
        return f"{which} state does not fit {self._name}: {path}: {first['type']}."
