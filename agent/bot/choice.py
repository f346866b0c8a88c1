"""One entry of a menu: what the customer reads, and the value the dialog gets. It knows no template and no chat."""

from dataclasses import dataclass
from typing import Generic, cast, overload

from typing_extensions import TypeVar

T_co = TypeVar("T_co", covariant=True, default=str)

_TITLE = object()


@dataclass(frozen=True, slots=True, init=False)
class Choice(Generic[T_co]):
    """An entry. Its `value` is its `title` unless another is given.

    Attributes:
        title: what the customer reads and picks.
        value: what ``choose`` returns.
        subtitle: a second line, where the template has one.
        image: an https address of a picture, where the template shows one.
    """

    title: str
    value: T_co
    subtitle: str | None
    image: str | None

    @overload
    def __init__(self: "Choice[str]", title: str, *, subtitle: str | None = None, image: str | None = None) -> None: ...

    @overload
    def __init__(self, title: str, value: T_co, *, subtitle: str | None = None, image: str | None = None) -> None: ...

    def __init__(
        self, title: str, value: object = _TITLE, *, subtitle: str | None = None, image: str | None = None
    ) -> None:
        object.__setattr__(self, "title", title)
        object.__setattr__(self, "value", cast("T_co", title if value is _TITLE else value))
        object.__setattr__(self, "subtitle", subtitle)
        object.__setattr__(self, "image", image)
