"""The speech server's door and its queue, with a stand-in for the model."""

import asyncio
import threading
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import httpx
import pytest

from nexus.speech_server.main import SpeechDoor
from nexus.speech_server.recordings import Heard, Recording, RefusedRecordingError
from nexus.speech_server.settings import SpeechServerSettings
from nexus.speech_server.turns import BusyError, Turns
from nexus.speech_server.uploads import MAX_BYTES

NOTE = {"file": ("voice.ogg", b"OggS a note", "audio/ogg")}
PATH = "/v1/audio/transcriptions"


@dataclass
class StandIn:
    """Hears whatever it was told, when it is let go."""

    said: str = "Hola, ¿tenés puntas?"
    go: threading.Event = field(default_factory=threading.Event)
    heard: list[Recording] = field(default_factory=list)
    began: threading.Event = field(default_factory=threading.Event)
    ended_by_caller: threading.Event = field(default_factory=threading.Event)

    def hear(self, recording: Recording, abandoned: threading.Event) -> Heard:
        """As a Listener."""
        self.heard.append(recording)
        self.began.set()
        if recording.language == "xx":
            raise RefusedRecordingError("invalid_language", "El modelo no conoce el idioma.")
        while not self.go.wait(0.01):
            if abandoned.is_set():
                self.ended_by_caller.set()
                break
        return Heard(self.said, 3.9)


@pytest.fixture
def listener() -> StandIn:
    """One that answers at once."""
    stand_in = StandIn()
    stand_in.go.set()
    return stand_in


def door(listener: StandIn, **settings: object) -> httpx.AsyncClient:
    """A client of a server over `listener`."""
    app = SpeechDoor(listener, "whisper-base", SpeechServerSettings.model_validate(settings)).app()
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://speech")


async def test_a_note_comes_back_as_openai_writes_it(listener: StandIn) -> None:
    async with door(listener) as client:
        as_json = await client.post(PATH, files=NOTE, data={"model": "whisper-1"})
        as_text = await client.post(PATH, files=NOTE, data={"response_format": "text"})
    assert as_json.json() == {"text": "Hola, ¿tenés puntas?", "usage": {"type": "duration", "seconds": 3.9}}
    assert as_text.headers["content-type"].startswith("text/plain")
    assert as_text.text == "Hola, ¿tenés puntas?\n"


@pytest.mark.parametrize(
    ("fields", "language", "vocabulary"),
    [
        ({}, "es", ""),
        ({"language": "PT", "prompt": " Pas de Deux. puntas, malla "}, "pt", "Pas de Deux. puntas, malla"),
        ({"languages[]": ["es", "pt"], "keywords[]": ["puntas", "malla"]}, "es", "puntas, malla"),
    ],
)
async def test_language_and_the_shops_words_reach_the_model(
    listener: StandIn, fields: dict[str, str | list[str]], language: str, vocabulary: str
) -> None:
    async with door(listener) as client:
        assert (await client.post(PATH, files=NOTE, data=fields)).status_code == 200
    assert listener.heard == [Recording(b"OggS a note", language, vocabulary)]


@pytest.mark.parametrize(
    ("upload", "status", "code"),
    [
        ({"data": {"model": "whisper-1"}}, 400, "missing_file"),
        ({"files": {"file": ("voice.ogg", b"")}}, 400, "invalid_audio"),
        ({"files": NOTE, "data": {"response_format": "srt"}}, 400, "invalid_response_format"),
        ({"files": NOTE, "data": {"language": "xx"}}, 400, "invalid_language"),
        ({"files": {"file": NOTE["file"], "file2": NOTE["file"]}}, 400, "bad_request"),
        ({"files": {"file": ("voice.ogg", b"0" * (MAX_BYTES + 1))}}, 413, "file_too_large"),
        ({"files": {"file": ("voice.ogg", b"0" * (MAX_BYTES + 100_000))}}, 413, "file_too_large"),
    ],
)
async def test_a_refusal_says_why(listener: StandIn, upload: dict[str, object], status: int, code: str) -> None:
    async with door(listener) as client:
        refused = await client.post(PATH, **upload)  # type: ignore[arg-type]
    assert (refused.status_code, refused.json()["error"]["code"]) == (status, code)


async def test_an_upload_without_a_length_is_cut_off_at_the_bound(listener: StandIn) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        yield b'--cut\r\nContent-Disposition: form-data; name="file"; filename="voice.ogg"\r\n\r\n'
        while sent < 4 * MAX_BYTES:
            sent += 1 << 20
            yield b"0" * (1 << 20)

    async with door(listener) as client:
        refused = await client.post(
            PATH, content=endless(), headers={"Content-Type": "multipart/form-data; boundary=cut"}
        )
    assert refused.status_code == 413
    assert sent <= MAX_BYTES + (2 << 20)


async def test_the_key_guards_everything_but_health(listener: StandIn) -> None:
    async with door(listener, api_key="clave") as client:
        for header in ({}, {"Authorization": "Bearer otra"}, {"Authorization": "clave"}):
            assert (await client.post(PATH, files=NOTE, headers=header)).status_code == 401
            assert (await client.get("/v1/models", headers=header)).status_code == 401
        right = {"Authorization": "Bearer clave"}
        assert (await client.post(PATH, files=NOTE, headers=right)).status_code == 200
        assert (await client.get("/v1/models", headers=right)).json()["data"][0]["id"] == "whisper-base"
        assert (await client.get("/health")).json()["status"] == "ok"


async def test_past_the_queue_callers_are_told_to_come_back() -> None:
    listener = StandIn()
    async with door(listener, queue=1) as client:
        waiting = [asyncio.create_task(client.post(PATH, files=NOTE)) for _ in range(2)]
        assert await asyncio.to_thread(listener.began.wait, 5)
        busy = await client.post(PATH, files=NOTE)
        listener.go.set()
        assert [(await answer).status_code for answer in waiting] == [200, 200]
        assert (busy.status_code, busy.headers["retry-after"]) == (503, "5")
        assert (await client.post(PATH, files=NOTE)).status_code == 200


async def test_who_hangs_up_gives_the_turn_away() -> None:
    listener = StandIn()
    turns = Turns(listener, waiting=1)
    first = asyncio.create_task(turns.hear(Recording(b"1", "es")))
    second = asyncio.create_task(turns.hear(Recording(b"2", "es")))
    assert await asyncio.to_thread(listener.began.wait, 5)
    with pytest.raises(BusyError):
        await turns.hear(Recording(b"3", "es"))
    second.cancel()  # in the queue
    first.cancel()  # being heard
    assert await asyncio.to_thread(listener.ended_by_caller.wait, 5)
    listener.go.set()
    for _ in range(100):  # its place is free a moment after the worker let go of it
        try:
            assert (await turns.hear(Recording(b"4", "es"))).text == listener.said
            break
        except BusyError:
            await asyncio.sleep(0.01)
    assert [recording.sound for recording in listener.heard] == [b"1", b"4"]
    turns.close()
