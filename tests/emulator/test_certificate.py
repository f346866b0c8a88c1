"""https and wss with a certificate made for the run."""

from __future__ import annotations

import ssl

import aiohttp

from agent.emulator import Settings, emulate


async def test_https_and_wss_with_one_switch() -> None:
    """Clients that trust the PEM file connect; the URLs say https and wss; the file goes with the emulator."""
    async with emulate(settings=Settings(secure=True)) as connect:
        assert connect.certificate is not None
        trust = ssl.create_default_context(cafile=connect.certificate)
        started = connect.start_chat()
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=trust)) as http:
            headers = {"X-Amz-Bearer": started["ParticipantToken"]}
            url = f"{connect.url}/participant/connection"
            async with http.post(url, json={"Type": ["WEBSOCKET"]}, headers=headers) as answer:
                websocket_url = (await answer.json())["Websocket"]["Url"]
            async with http.ws_connect(websocket_url) as socket:
                await socket.send_str('{"topic":"aws/heartbeat"}')
                assert await socket.receive_str() == '{"topic":"aws/heartbeat"}'
        path = connect.certificate
    assert connect.url.startswith("https://127.0.0.1:")
    assert websocket_url.startswith(f"wss://127.0.0.1:{connect.port}/")
    assert not path.exists()


async def test_urls_for_another_host() -> None:
    """Behind a name of its own, the websocket URL carries that name."""
    async with emulate(settings=Settings(public_host="chat.example:8443")) as connect:
        started = connect.start_chat()
        kinds = {"Type": ["WEBSOCKET"]}
        answer = connect.call("CreateParticipantConnection", kinds, bearer=started["ParticipantToken"])
    assert answer["Websocket"]["Url"].startswith("ws://chat.example:8443/websocket?")
