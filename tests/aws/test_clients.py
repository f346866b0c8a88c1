"""Opening the clients: region, credentials, endpoints, proxies."""

import pytest

from agent.aws.clients import aws_clients
from agent.aws.settings import AwsSettings
from agent.errors import ConfigurationError
from agent.ids import ClientToken, ContactId, ContactKey, InstanceId, Secret
from tests.aws.conftest import Opening, Peer, answer

KEY = ContactKey(InstanceId("i"), ContactId("c"))
CREATED = answer(200, {"ParticipantId": "p", "ParticipantCredentials": {"ParticipantToken": "t"}})


@pytest.fixture
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")


async def signed_with(peer: Peer, ports: Opening, **settings: str) -> str:
    peer.answers(CREATED)
    async with ports(**settings) as opened:
        await opened.connect.create_participant(KEY, display_name="B", client_token=ClientToken("ct"))
    return peer.requests[-1].headers["authorization"].partition("Credential=")[2].partition(",")[0]


async def test_a_local_endpoint_needs_neither_credentials_nor_region(peer: Peer, ports: Opening) -> None:
    """A machine that never heard of AWS can try everything out."""
    scope = (await signed_with(peer, ports)).split("/")
    assert (scope[0], scope[2:]) == ("local", ["us-east-1", "connect", "aws4_request"])


@pytest.mark.usefixtures("credentials")
async def test_credentials_are_used_where_there_are_any(peer: Peer, ports: Opening) -> None:
    """A local port may be a tunnel to the real service."""
    scope = (await signed_with(peer, ports, region="eu-west-2")).split("/")
    assert (scope[0], scope[2]) == ("AKIDEXAMPLE", "eu-west-2")


async def test_half_a_pair_of_credentials_does_not_stop_a_local_endpoint(
    peer: Peer, ports: Opening, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A broken setup of AWS is no reason not to try things out."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    assert (await signed_with(peer, ports)).startswith("local/")


async def refused(**settings: object) -> str:
    with pytest.raises(ConfigurationError) as caught:
        async with aws_clients(AwsSettings(**settings)):  # type: ignore[arg-type]
            raise AssertionError("opened")
    return str(caught.value)


async def test_no_credentials_is_a_sentence_with_a_remedy() -> None:
    """Found out at the start, not at the first chat."""
    assert await refused(region="eu-west-2") == (
        "No AWS credentials were found. `aws sts get-caller-identity` must succeed in the same environment."
    )


async def test_half_a_pair_of_credentials_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """botocore says what is missing; the remedy follows."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    assert "AWS_SECRET_ACCESS_KEY" in (sentence := await refused(region="eu-west-2"))
    assert "AKIDEXAMPLE" not in sentence


async def test_no_region_is_a_sentence_with_a_remedy() -> None:
    """There is no default region: a wrong one would look like an unknown contact."""
    assert "set AWS_REGION" in await refused()


async def test_an_impossible_region_is_refused() -> None:
    """A region becomes part of a host name."""
    assert "'evil.com/'" in await refused(region="evil.com/")


async def test_an_unknown_profile_is_named() -> None:
    """With the command that lists the profiles there are."""
    assert "aws configure list-profiles" in await refused(profile="nobody", region="us-east-1")


@pytest.mark.parametrize("url", ["localhost:4510", "ftp://127.0.0.1", "http://", "nonsense"])
async def test_an_address_that_is_none_is_refused(url: str) -> None:
    """The sentence shows a right one."""
    assert "http://127.0.0.1:4510" in await refused(region="us-east-1", participant_endpoint_url=url)


async def test_a_broken_configuration_file_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    """The file is botocore's to read, the sentence ours."""
    path = f"{tmp_path}/config"
    with open(path, "w") as file:  # noqa: ASYNC230, PTH123
        file.write("[default\nregion")
    monkeypatch.setenv("AWS_CONFIG_FILE", path)
    assert "shared AWS configuration" in await refused()


@pytest.mark.usefixtures("credentials")
async def test_the_environment_cannot_send_tokens_outside_aws(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stray AWS_ENDPOINT_URL is refused; the same address named in the settings is meant."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", "https://collector.example")
    assert "lies outside AWS" in await refused(region="us-east-1")
    settings = AwsSettings(region="us-east-1", endpoint_url="https://collector.example")
    async with aws_clients(settings) as clients:
        assert clients.allowed_hosts == {"collector.example"}


async def test_the_environment_may_name_this_machine(
    peer: Peer, ports: Opening, monkeypatch: pytest.MonkeyPatch
) -> None:
    """AWS_ENDPOINT_URL is how every SDK is pointed at a local service."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", peer.url)
    assert (await signed_with(peer, ports, endpoint_url="", region="us-east-1")).startswith("local/")


@pytest.mark.usefixtures("credentials")
async def test_without_settings_the_services_are_aws() -> None:
    """The region's own endpoints, and no host outside AWS for websockets."""
    async with aws_clients(AwsSettings(region="eu-west-2")) as clients:
        assert (clients.region, clients.allowed_hosts) == ("eu-west-2", frozenset())


async def test_each_service_may_have_its_own_address(peer: Peer, ports: Opening, unused_tcp_port: int) -> None:
    """The service's own setting wins over the common one."""
    elsewhere = f"http://127.0.0.1:{unused_tcp_port}"
    await signed_with(peer, ports, endpoint_url=elsewhere, connect_endpoint_url=peer.url)
    assert len(peer.requests) == 1


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy"])
async def test_loopback_is_never_proxied(
    peer: Peer, ports: Opening, monkeypatch: pytest.MonkeyPatch, unused_tcp_port: int, variable: str
) -> None:
    """A proxy would look for 127.0.0.1 on its own machine."""
    monkeypatch.setenv(variable, f"http://127.0.0.1:{unused_tcp_port}")
    await signed_with(peer, ports)
    assert len(peer.requests) == 1


@pytest.mark.usefixtures("credentials")
async def test_a_proxy_is_used_for_everything_else(peer: Peer, ports: Opening) -> None:
    """What is not on this machine goes through the proxy, with its name left to the proxy to resolve."""
    peer.answers(CREATED)
    outside = "http://connect.example"
    async with ports(endpoint_url=outside, region="us-east-1", proxy_url=Secret(peer.url)) as opened:
        await opened.connect.create_participant(KEY, display_name="B", client_token=ClientToken("ct"))
    assert peer.requests[0].path == f"{outside}/contact/create-participant"
