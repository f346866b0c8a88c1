"""Which hosts are AWS's, and which are this machine."""

import pytest

from agent.aws.hosts import host_of, is_aws, is_loopback


@pytest.mark.parametrize(
    "host",
    [
        "connect.us-east-1.amazonaws.com",
        "participant.connect.eu-west-2.api.aws",
        "connect-fips.us-gov-west-1.amazonaws.com",
        "a1b2c3.transport.connect.us-east-1.amazonaws.com",
        "x.execute-api.eu-west-2.amazonaws.com",
        "connect.cn-north-1.amazonaws.com.cn",
    ],
)
def test_aws_is_recognised(host: str) -> None:
    """Every form of endpoint that AWS documents for the two services and their websockets."""
    assert is_aws(host)


@pytest.mark.parametrize(
    "host",
    [
        "",
        "amazonaws.com",
        "amazonaws.com.evil.com",
        "evilamazonaws.com",
        "x.amazonaws.com.evil",
        "x.amazonaws.com@evil.com",
        "api.aws",
        "127.0.0.1",
        "x.amazonaws.com\n",
    ],
)
def test_lookalikes_are_not_aws(host: str) -> None:
    """A name that only contains AWS's is somebody else's."""
    assert not is_aws(host)


@pytest.mark.parametrize("host", ["localhost", "chat.localhost", "127.0.0.1", "127.9.9.9", "::1"])
def test_this_machine_is_recognised(host: str) -> None:
    """By name, and by either kind of address."""
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["", "localhost.evil.com", "10.0.0.1", "0.0.0.0", "::2", "127.0.0.1.evil.com"])
def test_other_machines_are_not(host: str) -> None:
    """Private is not local."""
    assert not is_loopback(host)


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("wss://User:pw@X.Amazonaws.com:443/p?q#f", "x.amazonaws.com"),
        ("ws://[::1]:80/", "::1"),
        ("ws://x.amazonaws.com./", "x.amazonaws.com"),
        ("wss://evil.com\\@x.amazonaws.com/", "x.amazonaws.com"),
        ("ws://[broken", ""),
        ("no url", ""),
        ("", ""),
    ],
)
def test_the_host_of_a_url(url: str, host: str) -> None:
    """The one that a connection would go to; nothing when there is none."""
    assert host_of(url) == host
