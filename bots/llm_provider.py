"""The model that the file names: of any provider that pydantic-ai knows, or of a server that speaks OpenAI's protocol.

It asks the model nothing.
"""

from typing import Any

from pydantic_ai.exceptions import UserError
from pydantic_ai.models import Model, infer_model
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.profiles import ModelProfile
from pydantic_ai.providers import infer_provider, infer_provider_class
from pydantic_ai.providers.openai import OpenAIProvider

from agent import RegistrationError
from bots.llm_settings import Llm
from bots.references import resolved

_NO_KEY = "none"


def opened(llm: Llm) -> Model:
    """The model that the file names.

    Raises:
        RegistrationError: there is no such model or provider, or a key or package for it is missing.
    """
    key = None if llm.api_key is None else resolved("api_key", llm.api_key)
    name = llm.model.partition(":")[2]
    try:
        if llm.base_url is not None:
            return _own_server(llm, llm.base_url, name, key)
        return infer_model(llm.model, infer_provider if key is None else lambda one: _with_key(one, key))
    except (UserError, ImportError, TypeError, ValueError) as error:
        raise RegistrationError(f"model {llm.model!r} cannot be used: {error}") from error


def _own_server(llm: Llm, url: str, name: str, key: str | None) -> Model:
    """Without a key of its own it gets none: not the one for OpenAI that may stand in the environment."""

    def profile(base: ModelProfile) -> ModelProfile:
        strict: Any = {**base, "openai_chat_streaming_requires_finish_reason": llm.strict_end}
        return strict  # type: ignore[no-any-return]

    return OpenAIChatModel(name, provider=OpenAIProvider(base_url=url, api_key=key or _NO_KEY), profile=profile)


def _with_key(provider: str, key: str) -> Any:
    made: Any = infer_provider_class(provider)
    return made(api_key=key)
